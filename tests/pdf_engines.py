"""Which engines can draw on this machine: WeasyPrint needs Pango and a font, which no wheel brings."""

from __future__ import annotations

import pytest

from parcelwise import pdf

NEEDS_PANGO = pytest.mark.skipif(pdf.glance()[0] != "weasyprint", reason=f"WeasyPrint needs: {pdf.APT_LINE}")
ENGINES = [pytest.param("weasyprint", marks=NEEDS_PANGO), "typst"]
