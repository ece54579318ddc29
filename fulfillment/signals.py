"""What happened to orders and parcels, sent after commit. Receivers are keyed.

``shipment_moved``, ``delay_expected``, ``store_write_settled``, ``exception_opened`` and ``exception_closed`` are sent
at least once. The others are not sent again when their process dies between the commit and the signal.
"""

from django.dispatch import Signal

#: An order was created or changed. order: Order, created: bool
order_recorded = Signal()

#: A parcel's status changed. shipment: Shipment, change: ShipmentChange (old, new, occurred_at, actor, why)
shipment_moved = Signal()

#: A parcel got a new arrival window. shipment: Shipment, forecast: Forecast, previous: Forecast | None
arrival_forecast = Signal()

#: A parcel will probably miss its promise; once per episode. shipment: Shipment, episode: DelayEpisode
delay_expected = Signal()

#: The store has a refund that was not known. refund: Refund
refund_recorded = Signal()

#: The platform has confirmed something that we told it. write: StoreWrite (kind, key, external_id, result)
store_write_settled = Signal()

#: Trouble with a parcel was opened for staff: once for each episode, and again when staff reopen it (``change.old`` is
#: then "closed"). exception: ShipmentException, change: ExceptionChange (old, new, occurred_at, actor, why)
exception_opened = Signal()

#: It is over: resolved by staff, or the parcel moved on (``closed_by`` is empty). exception: ShipmentException,
#: change: ExceptionChange
exception_closed = Signal()
