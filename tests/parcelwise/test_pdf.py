"""Two engines, one content, nothing fetched."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings
from django.test import override_settings

from parcelwise import pdf
from parcelwise.errors import Misconfigured
from tests.pdf_engines import ENGINES, NEEDS_PANGO

HTML = """<!doctype html><style>@page { size: {{ page.width }}mm {{ page.height }}mm; margin: 5mm }</style>
<p style="background: url({{ where }}/css.png)">{{ name }}</p>{{ trusted|safe }}"""
TYPST = """#let data = json(bytes(sys.inputs.data))
#set page(width: data.page.width * 1mm, height: data.page.height * 1mm)
#data.name"""


def with_engine(name: str) -> override_settings:
    return override_settings(PARCELWISE={**settings.PARCELWISE, "PDF": {"ENGINE": name}})


def words(drawn: pdf.Pdf) -> str:
    with pypdfium2.PdfDocument(drawn.content) as document:
        return str(document[0].get_textpage().get_text_bounded())


@pytest.fixture
def draw(tmp_path: Path) -> Iterator[object]:
    (tmp_path / "test.html").write_text(HTML)
    (tmp_path / "test.typ").write_text(TYPST)
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with override_settings(TEMPLATES=templates):
        yield lambda **context: pdf.render("test.html", context, typst_template="test.typ", page=pdf.FOUR_BY_SIX)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback and the list of what it was asked for."""
    paths: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_draws_the_words_on_paper_of_the_asked_size_and_says_its_name(draw, engine):
    with with_engine(engine):
        drawn = draw(name="Zoë Müller-Lüdenscheidt")
    assert drawn.engine == engine
    assert "Zoë Müller-Lüdenscheidt" in words(drawn)
    with pypdfium2.PdfDocument(drawn.content) as document:
        assert document[0].get_size() == pytest.approx((288, 432), abs=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_person_calls_herself_is_words_and_never_markup(draw, engine):
    name = "</p><img src=http://127.0.0.1/> {{ 7 }} #panic() *b* $x$ \\u{41}"
    with with_engine(engine):
        assert name in " ".join(words(draw(name=name)).split())


@NEEDS_PANGO
def test_nothing_is_fetched_neither_from_the_network_nor_from_this_machine(draw, asked, tmp_path):
    where, paths = asked
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-of-this-machine")
    trusted = (
        f"<img src={where}/img.png><link rel=stylesheet href={where}/a.css><link rel=attachment href=file://{secret}>"
        f"<iframe src=file://{secret}></iframe><object data={where}/o.svg></object><img src=file://{secret}>"
    )
    with with_engine("weasyprint"):
        drawn = draw(name="Ana", where=where, trusted=trusted)
    assert paths == []
    assert b"the-secret-of-this-machine" not in drawn.content
    assert b"EmbeddedFile" not in drawn.content


@pytest.mark.parametrize("engine", ENGINES)
def test_letters_that_no_font_has_are_named(draw, engine):
    with with_engine(engine):
        # Khitan small script: on no machine whose owner has not asked for it.
        assert draw(name="Ana \U00018b00 \U00018b01 \U00018b00").missing == "\U00018b00\U00018b01"
        assert draw(name="Ana").missing == ""


def test_an_engine_that_does_not_exist_is_a_sentence(draw):
    with with_engine("quill"), pytest.raises(Misconfigured, match="“quill”; it can be auto, weasyprint or typst"):
        draw(name="Ana")


def in_a_machine_without(libraries: str, code: str, **environment: str) -> str:
    """What ``code`` prints in a process in which the named shared libraries cannot be loaded."""
    start = f"""
import cffi, ctypes, sys
load = cffi.FFI.dlopen
def refuse(self, name, flags=0):
    if name and any(word in str(name) for word in {libraries.split()!r}):
        raise OSError(f"cannot load library '{{name}}'")
    return load(self, name, flags)
cffi.FFI.dlopen = refuse
CDLL = ctypes.CDLL
def refuse_too(name, *rest, **options):
    if name and any(word in str(name) for word in {libraries.split()!r}):
        raise OSError(f"cannot load library '{{name}}'")
    return CDLL(name, *rest, **options)
ctypes.CDLL = refuse_too
import django
django.setup()
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start + code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DRAW = """
from parcelwise import pdf
from parcelwise.errors import Misconfigured
from returns.labels import barcodes
from returns.checks import check_pdf_engine
svg = barcodes.code128("R-7KQ4-M2XD")
code = {"svg": svg, "uri": ""}
block = {"lines": [{"text": "Ana", "direction": "ltr"}], "size": 9}
words = dict.fromkeys(["kind", "from", "to", "number", "scan", "postage", "cut", "slip", "items"], "word")
context = {"direction": "ltr", "number": "R-7KQ4-M2XD", "shop": "Shop", "sender": block, "recipient": block,
           "code128": code, "qr": code, "details": [], "words": {**words, "steps": []},
           "items": {"rows": [], "more": ""}}
try:
    drawn = pdf.render("parcelwise/returns/labels/4x6.html", context,
                       typst_template="parcelwise/returns/labels/label.typ", page=pdf.FOUR_BY_SIX)
    print(drawn.engine, drawn.content[:5])
except Misconfigured as error:
    print(error)
print(*[(message.id, message.msg) for message in check_pdf_engine()])
"""


def test_without_pango_typst_takes_over_and_the_check_gives_the_line_that_installs_it():
    out = in_a_machine_without("pango", DRAW)
    first, second = out.splitlines()
    assert first == "typst b'%PDF-'"
    assert "parcelwise_returns.W001" in second
    assert pdf.APT_LINE in second


def test_without_any_font_typst_takes_over_instead_of_a_crash(tmp_path):
    (tmp_path / "fonts.conf").write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{tmp_path}</dir></fontconfig>'
    )
    out = in_a_machine_without("nothing-at-all", DRAW, FONTCONFIG_FILE=str(tmp_path / "fonts.conf"))
    assert out.splitlines()[0] == "typst b'%PDF-'"


def test_without_pango_and_typst_the_sentence_says_what_to_install():
    out = in_a_machine_without("pango", "import sys; sys.modules['typst'] = None\n" + DRAW)
    first, second = out.splitlines()
    assert pdf.APT_LINE in first
    assert "pip install 'parcelwise[labels]'" in first
    assert "cannot be drawn" in second


@NEEDS_PANGO
def test_with_pango_the_check_is_silent_and_quick():
    out = in_a_machine_without("nothing-at-all", "import sys\n" + DRAW.split("svg =")[0] + "print(check_pdf_engine())\n"
                               "print('weasyprint' in sys.modules)")  # fmt: skip
    assert out.splitlines() == ["[]", "False"]
