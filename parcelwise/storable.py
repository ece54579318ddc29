"""Text that every data base takes."""

from __future__ import annotations


def storable(text: str) -> str:
    """Without what PostgreSQL refuses in a text: NUL and lone surrogates, which broken input brings into messages."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
