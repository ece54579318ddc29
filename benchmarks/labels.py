"""CPU seconds and memory of return labels, engine beside engine: ``python -m benchmarks.labels [LABELS]``.

Each row is a process of its own. *First* holds the import of the engine; *each* is a label after that, drawn from the
same content; *grown* is the memory added between the tenth label and the last.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

ROWS = [(engine, size) for engine in ("weasyprint", "typst") for size in ("4x6", "a4")]


def main(count: int) -> None:
    print(f"{'engine':<12}{'size':<6}{'first ms':>10}{'each ms':>10}{'KiB':>8}{'RSS MB':>9}{'grown MB':>10}")
    for engine, size in ROWS:
        command = [sys.executable, "-m", "benchmarks.labels", "--one", engine, size, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(done.stdout)
        print(
            f"{engine:<12}{size:<6}{row['first']:>10.0f}{row['each']:>10.1f}{row['size']:>8.1f}"
            f"{row['rss']:>9.0f}{row['grown']:>10.1f}"
        )


def one(engine: str, size: str, count: int) -> None:
    """Draw ``count`` labels in this process and print what it took as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.conf import settings

    from parcelwise import pdf
    from returns.labels.sheet import PAGES
    from returns.models import ReturnLabel

    settings.PARCELWISE = {**settings.PARCELWISE, "PDF": {"ENGINE": engine}}

    def draw() -> bytes:
        templates = f"parcelwise/returns/labels/{size}.html", "parcelwise/returns/labels/label.typ"
        page = PAGES[ReturnLabel.Size(size)]
        return pdf.render(templates[0], content(), typst_template=templates[1], page=page).content

    start = time.process_time()
    drawn = draw()
    first = time.process_time() - start
    for _ in range(9):
        draw()
    early, start = memory(), time.process_time()
    for _ in range(count):
        draw()
    each = (time.process_time() - start) / count
    late = memory()
    print(
        json.dumps(
            {
                "first": first * 1e3,
                "each": each * 1e3,
                "size": len(drawn) / 1024,
                "rss": late,
                "grown": late - early,
            }
        )
    )


def memory() -> float:
    """The largest resident set so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def content() -> dict[str, object]:
    """A label like any other, with fourteen items."""
    from returns.labels import barcodes
    from returns.labels.fitting import Block
    from returns.labels.sheet import words_of
    from returns.rma import new_number

    number = new_number()
    code128, qr = barcodes.code128(number), barcodes.qr(f"https://shop.example/account/link/{'x' * 87}/{number}/")
    lines = ["Zoë Müller-Lüdenscheidt", "Lindwurmstraße 12", "80337 München"]
    address = Block(tuple(lines), 9).as_context()
    row = {"quantity": "2 ×", "title": "Merino base layer, long sleeve", "sku": "NL-00017-M", "reason": "Too small"}
    return {
        "direction": "ltr",
        "number": number,
        "shop": "Nordlicht Outdoor",
        "sender": address,
        "recipient": {**address, "size": 15},
        "code128": {"svg": code128, "uri": barcodes.data_uri(code128)},
        "qr": {"svg": qr, "uri": barcodes.data_uri(qr)},
        "details": [{"word": "Order", "value": "NL-1001"}, {"word": "Carrier", "value": "UPS"}],
        "words": words_of("UPS"),
        "items": {"rows": [row] * 14, "more": "and 3 more items"},
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
