"""Barcodes as SVG: Code 128 (ISO/IEC 15417) for hand scanners, QR (ISO/IEC 18004) for phones."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from parcelwise.errors import Misconfigured


def code128(text: str) -> str:
    """SVG of ``text`` as Code 128 with its quiet zones of ten modules; width in modules, height 50."""
    return _svg(text, "Code128")


def qr(text: str) -> str:
    """SVG of ``text`` as a QR code with its quiet zone of four modules; about 15 % of it may be dirty."""
    return _svg(text, "QRCode", ec_level="M")


def data_uri(svg: str) -> str:
    """``svg`` as a URI that an ``<img>`` can hold, so that nothing needs to be fetched."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def _svg(text: str, symbology: str, **options: Any) -> str:
    try:
        import zxingcpp
    except ImportError as error:
        raise Misconfigured("Barcodes need zxing-cpp: pip install 'parcelwise[labels]'.") from error
    symbol = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology), **options)
    svg: str = symbol.to_svg(add_quiet_zones=True)
    return svg
