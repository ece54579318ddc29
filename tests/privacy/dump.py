"""The whole data base as text, so that a test can ask whether a person is still in it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pypdfium2
from cryptography.fernet import InvalidToken
from django.db import connection

from parcelwise.errors import Misconfigured
from parcelwise.sealed import unseal


def places(*words: str) -> set[str]:
    """``table.column`` of every cell in which one of ``words`` stands, in any case and however it is packed."""
    wanted = re.compile("|".join(map(_pattern, words)))
    return {place for place, value in cells() if any(map(wanted.search, unpacked(value)))}


def _pattern(word: str) -> str:
    """Anywhere; but a postcode stands by itself, or every hash and every microsecond might have it."""
    found = re.escape(word.casefold())
    return rf"(?<!\w){found}(?!\w)" if word.isdigit() else found


def rows(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return cursor.fetchall()


def cells() -> Iterator[tuple[str, Any]]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        columns = {table: connection.introspection.get_table_description(cursor, table) for table in tables}
    for table in tables:
        for row in rows(table):
            yield from ((f"{table}.{column.name}", value) for column, value in zip(columns[table], row, strict=True))


def unpacked(value: Any) -> Iterator[str]:
    """The text of a cell, and what is in it: of a PDF its words, of ciphertext what it hides, of a pickle its texts."""
    if isinstance(value, memoryview | bytes | bytearray):
        content = bytes(value)
        yield from pdf_words(content) if content.startswith(b"%PDF") else (content.decode("utf-8", "replace"),)
        return
    text = str(value)
    yield text.casefold()
    if "\\u" in text:
        yield text.encode("ascii", "backslashreplace").decode("unicode_escape", "replace").casefold()
    if len(text) <= 40:
        return
    with suppress(InvalidToken, Misconfigured, ValueError):
        yield from unpacked(unseal(text))
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(text, validate=True).decode("utf-8", "replace").casefold()


def pdf_words(content: bytes) -> Iterator[str]:
    document = pypdfium2.PdfDocument(content)
    for page in document:
        yield page.get_textpage().get_text_range().casefold()
    document.close()
