"""Runs the bulk queries of one call: with its scopes, over its world."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLSchema

from fulfillment.testing.shopify_twin.bulk.operations import BulkOperation, Desk
from fulfillment.testing.shopify_twin.bulk.plan import Compiler, Plan
from fulfillment.testing.shopify_twin.resolvers import orders_page, search
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.queries import QUERIES
from fulfillment.testing.shopify_twin.resolvers.scopes import NEEDED


class CallBulk:
    """What ``bulkOperationRunQuery`` and its like ask for, on behalf of one token."""

    def __init__(self, desk: Desk, schema: GraphQLSchema) -> None:
        self.desk, self.schema = desk, schema
        self.call: Call | None = None

    def all(self) -> list[BulkOperation]:
        return self.desk.all()

    def cancel(self, gid: str) -> BulkOperation:
        return self.desk.cancel(gid)

    def run(self, query: str, *, grouped: bool) -> BulkOperation:
        assert self.call is not None
        compiler = Compiler(self.schema, QUERIES, SimpleNamespace(context=self.call, path=SimpleNamespace(key="")))
        plan = compiler.compile(query)
        needed = {NEEDED[used] for used in compiler.used if used in NEEDED}
        if not all(self.call.token.allows(scope) for scope in needed):
            self.desk.fail_next("FAILED", "ACCESS_DENIED")
        return self.desk.start(query, plan, self._roots(compiler, plan), grouped=grouped)

    def _roots(self, compiler: Compiler, plan: Plan) -> Iterator[Any]:
        assert self.call is not None
        if plan.root != "orders":
            with self.call.world.lock:
                return iter(list(compiler.all_pages(QUERIES["QueryRoot", plan.root], None, plan.given)))
        words = search.read(plan.given.get("query"))
        return orders_page.every(self.call.world, words, plan.given, self.call.since)
