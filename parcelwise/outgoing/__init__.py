"""Webhooks that we send: what happened here, told to addresses that staff enter, in the Standard Webhooks format.

Knows no parcel and no order. What there is to tell is declared in ``<app>/outgoing.py``; see
:class:`parcelwise.outgoing.kinds.Webhook`. That it happened is noted in the transaction in which it happens::

    from parcelwise.outgoing.noting import happened

    happened("order.recorded", order, key=f"order:{order.uuid}:{stamp}", at=order.updated_at)

From there on all is rows: an event whose message is written once (:mod:`making`), and for each endpoint that wants it a
delivery (:mod:`delivering`), which is a job with its attempts. Nothing is told twice to who answered.
"""
