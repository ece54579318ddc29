"""How the names of the schema become names of attributes."""

from __future__ import annotations

import keyword
import re
from functools import cache

WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=V\d)")


@cache
def snake(name: str) -> str:
    """``displayFinancialStatus`` is ``display_financial_status``, ``return`` is ``return_``."""
    plain = WORDS.sub("_", name).lower()
    return f"{plain}_" if keyword.iskeyword(plain) else plain
