"""What keys of the API can be allowed to do. An app declares its scopes in ``<app>/scopes.py``, without any API.

::

    declare("shipments:read", _("Read parcels"), STAFF, STORE, permission="shop.view_parcel")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Scope:
    """``name`` is ``<what>:<act>``, ``audiences`` the kinds of callers that may ever hold it.

    ``permission`` is what a member of staff must have to give it away: nobody gives what they do not have.
    """

    name: str
    title: str | Promise
    audiences: frozenset[str]
    permission: str = ""


_declared: dict[str, Scope] = {}


def declare(name: str, title: str | Promise, *audiences: str, permission: str = "") -> Scope:
    """Make a scope known. Declared again, the last word holds."""
    _declared[name] = Scope(name, title, frozenset(audiences), permission)
    return _declared[name]


def scopes(audience: str = "") -> list[Scope]:
    """Every scope by name, or those that ``audience`` may hold."""
    return [each for _name, each in sorted(_declared.items()) if not audience or audience in each.audiences]


def held(names: Iterable[str], audience: str) -> frozenset[str]:
    """Those of ``names`` that exist and that ``audience`` may hold: a key never grows by what was stored in it."""
    return frozenset(names) & {each.name for each in scopes(audience)}
