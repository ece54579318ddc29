"""Writes ``docs/api/openapi.json``: what the API says of itself, for those who make clients of it.

::

    python docs/write_openapi.py

A test fails while the file says something else than the code.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "api" / "openapi.json"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    import django

    django.setup()
    from django.utils import translation

    from parcelwise.api.schema import make_schema

    with translation.override("en"):
        schema = make_schema("fulfillment.api.urls")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
