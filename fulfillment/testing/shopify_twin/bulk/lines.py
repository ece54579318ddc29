"""The lines of a result: an object each, children behind their parent or behind a batch of parents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fulfillment.testing.shopify_twin.bulk.plan import Shape

#: How many roots stand together before their children where objects are not grouped.
BATCH = 200

dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def lines(roots: Iterable[Any], shape: Shape, *, grouped: bool) -> Iterator[tuple[str, bool]]:
    """A line of JSON, and whether it is a root."""
    waiting: list[str] = []
    for count, root in enumerate(roots, start=1):
        yield dumps(shape.write(root)), True
        children = _children(root, shape)
        if grouped:
            for line in children:
                yield line, False
            continue
        waiting += children
        if count % BATCH == 0:
            # Nobody may rely on an order here, so it is an odd one.
            for line in reversed(waiting):
                yield line, False
            waiting.clear()
    for line in reversed(waiting):
        yield line, False


def _children(parent: Any, shape: Shape) -> Iterator[str]:
    for read, inner in shape.of(parent).children:
        for child in read(parent):
            yield dumps({**inner.write(child), "__parentId": parent.gid})
            yield from _children(child, inner)
