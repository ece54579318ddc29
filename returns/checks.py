"""System checks of returns."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from parcelwise import pdf


@register
def check_pdf_engine(**_: Any) -> list[CheckMessage]:
    """``parcelwise_returns.W001``: what draws the labels, when it is not the engine that is meant to."""
    name, why = pdf.glance()
    if not why:
        return []
    if name:
        return [
            Warning(
                f"Return labels are drawn by {name}. {why}",
                hint="They hold the same; your own HTML label templates are not used.",
                id="parcelwise_returns.W001",
            )
        ]
    return [Warning(f"Return labels cannot be drawn. {why}", id="parcelwise_returns.W001")]
