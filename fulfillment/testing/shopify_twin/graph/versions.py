"""The quarterly versions: which are supported, what a retired one becomes, and the schema of each."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from graphql import GraphQLSchema, Visitor, build_ast_schema, parse, visit
from graphql.language import REMOVE

#: Oldest first.
SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")
#: Those that are announced but may still change.
CANDIDATES = ("2026-10", "unstable")
LATEST = "2026-07"


def used(version: str) -> str:
    """The version that answers a call for ``version``: a retired one falls forward. ValueError for nonsense."""
    if version in SUPPORTED:
        return version
    if version == "unstable":
        return SUPPORTED[-1]
    year, _, month = version.partition("-")
    if not (len(year) == 4 and year.isdigit() and month in ("01", "04", "07", "10")) or version > SUPPORTED[-1]:
        raise ValueError(version)
    return SUPPORTED[0]


def sdl() -> str:
    return resources.files(__package__).joinpath("schema.graphql").read_text()


@cache
def schema(version: str) -> GraphQLSchema:
    """What the twin serves in a supported version."""
    return read(sdl(), version)


def read(text: str, version: str) -> GraphQLSchema:
    """The schema of an SDL with ``@since`` marks as it was in ``version``."""
    return build_ast_schema(visit(parse(text), _Older(version)))


class _Older(Visitor):
    """Takes away what came after ``version``."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version

    def enter(self, node: Any, *_: Any) -> Any:
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value == "since" and directive.arguments[0].value.value > self.version:
                return REMOVE
        return None
