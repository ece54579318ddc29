"""Who calls about orders, and which rows are theirs. Whatever is not theirs is not there."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from fulfillment.models import ApiAccess, Order, Store
from fulfillment.scopes import CUSTOMER, STAFF, STORE
from parcelwise.api.auth import KeyAuthentication, LoginAuthentication
from parcelwise.api.callers import Caller
from parcelwise.keys import ApiKey
from parcelwise.scopes import held, scopes

EVERYBODY = frozenset({STORE, CUSTOMER, STAFF})
SHOP = frozenset({STORE, STAFF})


class Keys(KeyAuthentication):
    keys = ApiKey.objects.select_related("access__store", "access__contact", "access__user")

    def caller(self, key: ApiKey) -> Caller | None:
        access: ApiAccess | None = getattr(key, "access", None)
        if access is None:
            return None
        allowed, name = held(key.scopes, access.audience), f"API: {key.name}"
        if access.audience == STORE and access.store and access.store.is_active:
            return Caller(STORE, allowed, name, holder=access.store, key=key)
        if access.audience == CUSTOMER and access.contact and access.contact.erased_at is None:
            return Caller(CUSTOMER, allowed, name, holder=access.contact, key=key)
        user = access.user
        if access.audience == STAFF and user and user.is_active and user.is_staff:
            return Caller(STAFF, allowed, f"{user.get_username()} ({name})"[:150], user=user, key=key)
        return None


class Logins(LoginAuthentication):
    """Staff see what their permissions allow, everybody else what they bought."""

    def caller(self, user: Any) -> Caller:
        audience = STAFF if user.is_staff else CUSTOMER
        allowed = frozenset(each.name for each in scopes(audience))
        return Caller(audience, allowed, user.get_username(), user=user)


def theirs(caller: Caller, order: str = "") -> Q:
    """The condition that the order at ``order`` (a lookup with its ``__``, or empty) is the caller's to see."""
    if caller.audience == STAFF:
        return Q()
    if caller.audience == STORE:
        return Q(**{f"{order}store": caller.holder})
    if caller.holder is not None:
        return Q(**{f"{order}customer__contact": caller.holder})
    return Q(**{f"{order}customer__contact__user": caller.user})


def orders_of(caller: Caller) -> QuerySet[Order]:
    return Order.objects.filter(theirs(caller))


def stores_of(caller: Caller) -> QuerySet[Store]:
    return Store.objects.all() if caller.audience == STAFF else Store.objects.filter(pk=caller.holder.pk)
