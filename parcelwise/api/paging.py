"""Pages that stay true while rows come in: each goes on after the last row of the one before, by its own values."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from parcelwise.api.filters import bad, parameter
from parcelwise.api.problems import did_you_mean
from parcelwise.conf import api as conf

_SALT = "parcelwise.api.cursor"
#: What a page is asked with, besides the filters.
PARAMETERS = ("limit", "cursor", "ordering")


class Keyset(BasePagination):
    """``?limit=&ordering=&cursor=``. No count and no page numbers: both would have to read what comes before.

    A cursor is signed, and holds for the same caller and the same question alone. Ties are broken by ``uuid``.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        self.request, self.began_at = request, timezone.now()
        column, is_down = self._ordering(view)
        self.limit = self._limit()
        self.question = _question(request)
        if text := request.query_params.get("cursor"):
            queryset = queryset.filter(self._after(text, column, is_down))
        sign = "-" if is_down else ""
        rows = list(queryset.order_by(f"{sign}{column}", f"{sign}uuid")[: self.limit + 1])
        self.next = self._cursor(rows[self.limit - 1], column) if len(rows) > self.limit else None
        return rows[: self.limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._address(), "next_cursor": self.next, "as_of": self._as_of()})

    def _as_of(self) -> str:
        """What to send as ``updated_since`` next time: far enough back that no write was still on its way."""
        since = self.began_at - timedelta(seconds=conf.OVERLAP_SECONDS)
        return since.isoformat().replace("+00:00", "Z")

    def _ordering(self, view: Any) -> tuple[str, bool]:
        named = self.request.query_params.get("ordering") or (
            "updated_at"
            if "updated_since" in self.request.query_params and "updated_at" in view.orderings
            else view.ordering
        )
        column = view.orderings.get(named.lstrip("-")) if named[:2] != "--" else None
        if column is None:
            raise bad("ordering", _("There is no such order.") + did_you_mean(named.lstrip("-"), view.orderings))
        return column, named.startswith("-")

    def _limit(self) -> int:
        text = self.request.query_params.get("limit", "")
        if not text and "limit" not in self.request.query_params:
            return conf.PAGE
        if not (text.isascii() and text.isdigit() and len(text) < 6) or not 1 <= int(text) <= conf.LARGEST_PAGE:
            raise bad("limit", _("Write a number from 1 to %(most)d.") % {"most": conf.LARGEST_PAGE})
        return int(text)

    def _cursor(self, row: Any, column: str) -> str:
        value = row
        for name in column.split("__"):
            value = getattr(value, name)
        told = [value.isoformat()] if isinstance(value, datetime) else value  # a list, so that no name looks like one
        return signing.dumps([self.question, told, row.uuid.hex], salt=_SALT, compress=True)

    def _after(self, text: str, column: str, is_down: bool) -> Q:
        try:
            question, told, key = signing.loads(text, salt=_SALT)
        except (signing.BadSignature, ValueError, TypeError):
            raise bad("cursor", _("It is not one of ours.")) from None
        if question != self.question:
            raise bad("cursor", _("It belongs to another question: ask for the first page again.")) from None
        value = datetime.fromisoformat(told[0]) if isinstance(told, list) else told
        step = "lt" if is_down else "gt"
        return Q(**{f"{column}__{step}": value}) | Q(**{column: value, f"uuid__{step}": UUID(key)})

    def _address(self) -> str | None:
        if self.next is None:
            return None
        query = self.request._request.GET.copy()
        query["cursor"] = self.next
        return str(self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}"))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = [f"{sign}{name}" for name in view.orderings for sign in ("", "-")]
        return [
            parameter("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": conf.LARGEST_PAGE}),
            parameter("cursor", "`next_cursor` of the page before.", {"type": "string"}),
            parameter(
                "ordering",
                f"A minus sign means the greatest first; without the parameter `{view.ordering}`.",
                {"type": "string", "enum": orders},
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next", "next_cursor", "as_of"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True},
                "next_cursor": {"type": "string", "nullable": True},
                "as_of": {
                    "type": "string",
                    "format": "date-time",
                    "description": "Send it as `updated_since` next time: nothing is missed, some rows come again.",
                },
            },
        }


class Whole(BasePagination):
    """A short list, whole, in an object that can have more members one day."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results"],
            "properties": {"results": schema},
        }


def _question(request: Request) -> str:
    """All that decides which rows come in which order, but not which page or how many."""
    asked = sorted((name, value) for name, value in request.query_params.items() if name not in ("cursor", "limit"))
    caller = getattr(request.auth, "id", "")
    return hashlib.sha256(repr([request.path, caller, asked]).encode()).hexdigest()[:16]
