"""What a route is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from fulfillment.testing.twins.wire import Request
from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.query import Parameters, number, php_parameters, text
from fulfillment.testing.woocommerce_twin.records import Site
from fulfillment.testing.woocommerce_twin.shop import Shop

MOST_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Reply:
    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    shop: Shop
    request: Request
    #: The numbers and words in the path.
    args: Sequence[str]

    @property
    def site(self) -> Site:
        return self.shop.site

    @cached_property
    def parameters(self) -> Parameters:
        return php_parameters(self.request.pairs)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON that was sent. Raises ``Refused``."""
        try:
            body = self.request.json()
        except ValueError:
            raise Refused(
                400,
                "rest_invalid_json",
                "Invalid JSON body passed.",
                json_error_code=4,
                json_error_message="Syntax error",
            ) from None
        return body if isinstance(body, dict) else {}

    def id(self, index: int = 0) -> int:
        return int(self.args[index])


Handler = Callable[[Call], Reply]


def page(call: Call, path: str, records: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    """The page of ``records`` that is asked for, with the headers of a list."""
    per_page = number(call.parameters, "per_page", 10, 1, MOST_PER_PAGE)
    current = number(call.parameters, "page", 1, 1)
    pages = -(-len(records) // per_page)
    shown = records[(current - 1) * per_page : current * per_page]
    headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(pages)}
    links = []
    if current > 1:
        links.append(_link(call, path, min(current - 1, pages), "prev"))
    if current < pages:
        links.append(_link(call, path, current + 1, "next"))
    if links:
        headers["Link"] = ", ".join(links)
    return Reply([only(call, show(record)) for record in shown], headers=headers)


def only(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    """The fields that ``_fields`` names, all without it."""
    wanted = text(call.parameters, "_fields")
    if not wanted:
        return record
    names = {name.strip().partition(".")[0] for name in wanted.split(",")}
    return {key: value for key, value in record.items() if key in names}


def _link(call: Call, path: str, number: int, relation: str) -> str:
    query = {name: value for name, value in call.request.pairs if name != "page"}
    return f'<{call.site.url}/wp-json/{path}?{urlencode({**query, "page": number})}>; rel="{relation}"'
