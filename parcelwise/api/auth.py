"""The two doors: a key in the ``Authorization`` header, and the session of a browser with its CSRF token."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from parcelwise.api.callers import Caller, caller_of
from parcelwise.api.problems import Trouble
from parcelwise.api.throttles import note_guess, note_let_in, refuse_guesses
from parcelwise.keys import SHAPE, ApiKey, KeyRefused, find_key, note_use

#: Names of parameters under which people put keys into addresses.
KEY_PARAMETERS = frozenset({"access_token", "api_key", "apikey", "auth", "authorization", "bearer", "key", "token"})


def refuse_keys_in_address(request: Request) -> None:
    """400 for a key in the address: addresses are written into logs, histories and referrers everywhere."""
    for name, values in request.query_params.lists():
        if name.lower() in KEY_PARAMETERS or any(SHAPE.search(value) for value in values):
            told = _("A key goes into the header “Authorization: Bearer …” and never into an address.")
            more = _("If it was a real one, withdraw it: addresses are kept in logs.")
            raise Trouble("key-in-address", told, f"{told} {more}")


class KeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer pwk_…``. A subclass says whom a key speaks for."""

    #: Keys with what :meth:`caller` needs of them, so that a request costs one query.
    keys: ClassVar[QuerySet[ApiKey] | None] = None

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        scheme, _blank, whole = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        whole = whole.strip()
        refuse_guesses(request, whole)
        try:
            key = find_key(whole, None if self.keys is None else self.keys.all())
        except KeyRefused as refused:
            note_guess(request)
            raise exceptions.AuthenticationFailed(str(refused)) from None
        caller = self.caller(key)
        if caller is None:
            raise exceptions.AuthenticationFailed(_("This API key speaks for nobody any more."))
        note_use(key)
        note_let_in(whole)
        return caller.user, caller

    def caller(self, key: ApiKey) -> Caller | None:
        """Whom ``key`` speaks for; None when they are gone or no longer let in."""
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="parcelwise"'


class LoginAuthentication(authentication.SessionAuthentication):
    """The login of a browser on this site. Its writes need the CSRF token, as everywhere."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        found = super().authenticate(request)
        return (found[0], self.caller(found[0])) if found else None

    def caller(self, user: Any) -> Caller:
        raise NotImplementedError


class Allowed(permissions.BasePermission):
    """By the ``needs`` of the view's action: the audience, the scope of the key, and for staff the permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = caller_of(request)
        if caller is None:
            return False  # DRF makes 401 of it
        need = view.need()
        if need is None:
            return True
        if caller.audience not in need.audiences:
            raise exceptions.PermissionDenied(_("This is not for callers of your kind (%s).") % caller.audience)
        if need.scope not in caller.scopes:
            raise exceptions.PermissionDenied(_("The key lacks the scope “%s”.") % need.scope)
        if caller.audience == "staff" and need.permission and not caller.user.has_perm(need.permission):
            raise exceptions.PermissionDenied(_("You lack the permission “%s”.") % need.permission)
        return True
