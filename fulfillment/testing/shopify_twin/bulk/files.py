"""Result files over HTTP, whole or from a place on, so that a download can be resumed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fulfillment.testing.shopify_twin.bulk.operations import Desk
from fulfillment.testing.twins.wire import Answer, Request

PATH = "/twin-bulk/"
PIECE = 1 << 18
RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
JSONL = "application/jsonl"


def answer(request: Request, desk: Desk) -> Answer:
    name = request.path.removeprefix(PATH)
    operation = next((one for one in desk.all() if one.path.name == name), None)
    if (
        operation is None
        or operation.file_size is None
        or operation.status == "EXPIRED"
        and not operation.partial_data_url
    ):
        return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml")
    size, start, end = operation.file_size, 0, operation.file_size
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{operation.id}"'}
    asked = RANGE.match(request.headers.get("range", ""))
    if asked:
        start = int(asked[1])
        end = min(size, int(asked[2]) + 1) if asked[2] else size
        if start >= size or end <= start:
            return Answer(416, b"", {**headers, "Content-Range": f"bytes */{size}"})
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return Answer(206 if asked else 200, _pieces(operation.path, start, end), headers, JSONL)


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            piece = file.read(min(PIECE, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece
