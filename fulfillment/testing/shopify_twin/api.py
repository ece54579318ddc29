"""``POST /admin/api/{version}/graphql.json``."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any

from fulfillment.testing.shopify_twin.access import Access
from fulfillment.testing.shopify_twin.bulk.operations import Desk
from fulfillment.testing.shopify_twin.bulk.run import CallBulk
from fulfillment.testing.shopify_twin.graph import answers, versions
from fulfillment.testing.shopify_twin.graph.bucket import Bucket
from fulfillment.testing.shopify_twin.graph.executor import Executor, Outcome
from fulfillment.testing.shopify_twin.resolvers import table
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.once import Once
from fulfillment.testing.shopify_twin.uploads import Uploads
from fulfillment.testing.shopify_twin.webhooks.subscriptions import Subscriptions
from fulfillment.testing.shopify_twin.world.world import World
from fulfillment.testing.twins.wire import Answer, Request

PATH = re.compile(r"/admin/api/([^/]+)/graphql\.json$")
NAME = re.compile(r"\b(?:mutation|query)\b[^{]*\{\s*(?:\w+\s*:\s*)?(\w+)")


class Api:
    """``throttle_with_429`` answers a throttled call with that status and ``Retry-After`` instead of 200."""

    def __init__(
        self, world: World, access: Access, subscriptions: Subscriptions, desk: Desk, uploads: Uploads, bucket: Bucket
    ) -> None:
        self.world, self.access, self.subscriptions = world, access, subscriptions
        self.desk, self.uploads, self.bucket = desk, uploads, bucket
        self.once, self.throttle_with_429 = Once(), False
        #: The supported versions, oldest first; a test may retire some.
        self.supported = list(versions.SUPPORTED)
        self._executors: dict[str, Executor] = {}
        #: First field and version of each call with a good token, such as ``("refundCreate", "2026-07")``.
        self.calls: deque[tuple[str, str]] = deque(maxlen=100_000)
        #: Hears of each such call before it is executed, so that a test can do something in between.
        self.on_call: Callable[[str, str], None] = lambda name, version: None

    def answer(self, request: Request, asked: str) -> Answer:
        token = self.access.token(request.headers.get("x-shopify-access-token", ""))
        if token is None:
            return Answer.of(answers.UNAUTHORIZED, 401)
        try:
            version = max(versions.used(asked), self.supported[0])
        except ValueError:
            return Answer.of(answers.NOT_FOUND, 404)
        if request.method != "POST":
            return Answer.of({"errors": "Method Not Allowed"}, 405)
        headers = {"X-Shopify-API-Version": version}
        wanted = _read(request)
        if wanted is None:
            words = "Required parameter missing or invalid"
            return Answer.of({"errors": {"query": words}}, 400, headers)
        query, variables, name = wanted
        self.calls.append((first_field(query), version))
        self.on_call(first_field(query), version)
        bulk = CallBulk(self.desk, table.schema(version))
        call = Call(self.world, self.access, token, version, self.subscriptions, bulk, self.uploads, self.once)
        bulk.call = call
        with self.world.lock:
            outcome = self._executor(version).run(query, variables, name, call)
        return self._told(outcome, headers)

    def _told(self, outcome: Outcome, headers: dict[str, str]) -> Answer:
        if outcome.deprecated:
            reason = "https://shopify.dev/docs/api/usage/versioning#deprecation-practices"
            headers = {**headers, "X-Shopify-API-Deprecated-Reason": reason}
        if outcome.throttled and self.throttle_with_429:
            headers = {**headers, "Retry-After": f"{max(1.0, outcome.wait):.1f}"}
            return Answer.of(outcome.body, 429, headers)
        return Answer.of(outcome.body, 200, headers)

    def _executor(self, version: str) -> Executor:
        if version not in self._executors:
            self._executors[version] = Executor(table.schema(version), self.bucket, self.world.clock.now)
        return self._executors[version]


def first_field(query: str) -> str:
    """What a call is about, such as ``refundCreate``."""
    found = NAME.search(query) or re.search(r"\{\s*(?:\w+\s*:\s*)?(\w+)", query)
    return found[1] if found else ""


def _read(request: Request) -> tuple[str, dict[str, Any], str | None] | None:
    if "graphql" in request.headers.get("content-type", ""):
        return request.body.decode(errors="replace"), {}, None
    try:
        body = request.json()
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return None
    variables = body.get("variables")
    return body["query"], variables if isinstance(variables, dict) else {}, body.get("operationName")
