"""Which parcels are asked for over an account: the same rule as ``carriers.account_for``, as one query."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from fulfillment.carriers import active_accounts, covered, is_general
from fulfillment.models import CarrierAccount, TrackingPoll

#: Holds for no row. An empty ``Q`` is left out of every "or" as if it were this.
NONE = Q(pk__in=())


def polls_of(account: CarrierAccount) -> QuerySet[TrackingPoll]:
    """The polls of the account's parcels; none for an account that is switched off.

    Its carrier's, or for an aggregator those of carriers without an account, less those that another account asks for.
    """
    accounts = list(active_accounts())
    if account.pk not in {each.pk for each in accounts}:
        return TrackingPoll.objects.none()
    taken = NONE
    for other in sorted(accounts, key=_rank):
        if other.pk == account.pk:
            break
        taken |= _reach(other)
    return TrackingPoll.objects.filter(_reach(account)).exclude(taken)


def _rank(account: CarrierAccount) -> tuple[bool, bool, str, int]:
    """Accounts of one carrier come before those of an aggregator, a store's own before the general one."""
    return is_general(account), account.store_id is None, account.carrier, account.pk


def _reach(account: CarrierAccount) -> Q:
    """Parcels that it could be asked for, whoever else can."""
    store = ~NONE if account.store_id is None else Q(shipment__order__store=account.store_id)
    if not is_general(account):
        return store & Q(shipment__carrier=account.carrier)
    known = covered(account)
    return store if known is None else store & (Q(shipment__carrier__in=known) | Q(shipment__carrier=account.carrier))
