"""Giving out keys of the API, replacing and withdrawing them. A secret leaves here once and is stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.models import ApiAccess
from fulfillment.scopes import STAFF
from parcelwise.errors import GiveUp
from parcelwise.keys import make_key, rotate_key, withdraw_key
from parcelwise.scopes import held, scopes


def may_give(maker: Any, audience: str) -> list[str]:
    """Scopes that ``maker`` may put into a key of ``audience``: those of what they may do themselves."""
    return [each.name for each in scopes(audience) if not each.permission or maker.has_perm(each.permission)]


def give_key(access: ApiAccess, name: str, wanted: Iterable[str], *, days: int | None, maker: Any) -> str:
    """Save ``access`` with a new key, and return the secret. GiveUp for what ``maker`` may not give away."""
    wanted = frozenset(wanted)
    if access.audience == STAFF and access.user_id != maker.pk and not maker.is_superuser:
        raise GiveUp(_("A key with the permissions of somebody else is made by themselves."))
    if beyond := wanted - set(may_give(maker, access.audience)):
        raise GiveUp(_("You cannot give what you may not do yourself: %s.") % ", ".join(sorted(beyond)))
    with transaction.atomic():
        expires_at = timezone.now() + timedelta(days=days) if days else None
        access.key, secret = make_key(
            name, held(wanted, access.audience), made_by=maker.get_username(), expires_at=expires_at
        )
        access.save()
    return secret


def replace_key(access: ApiAccess, overlap: timedelta, *, maker: Any) -> tuple[ApiAccess, str]:
    """A key that takes over from the one of ``access``, which goes on for ``overlap``. KeyRefused when it is over."""
    if access.audience == STAFF and access.user_id != maker.pk and not maker.is_superuser:
        raise GiveUp(_("A key with the permissions of somebody else is replaced by themselves."))
    if beyond := held(access.key.scopes, access.audience) - set(may_give(maker, access.audience)):
        raise GiveUp(_("You cannot give what you may not do yourself: %s.") % ", ".join(sorted(beyond)))
    with transaction.atomic():
        key, secret = rotate_key(access.key, overlap, made_by=maker.get_username())
        fresh = ApiAccess.objects.create(
            key=key, audience=access.audience, store=access.store, contact=access.contact, user=access.user
        )
    return fresh, secret


def withdraw(access: ApiAccess, *, by: str) -> bool:
    """From now on the key opens nothing. False when it was withdrawn before."""
    return withdraw_key(access.key, by=by)
