"""The only door to the PDF engines.

WeasyPrint draws an HTML template; where it cannot be used (its system library Pango is missing, or there is no font to
write with) typst draws its own template of the same content, and the result says so. Both get the same context: plain
strings, numbers, lists and dicts, never a model, so that a template can neither read nor call more than it is given.
Nothing is fetched while drawing: neither the network nor a file of this machine, whatever a customer calls herself.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.template import TemplateDoesNotExist, engines
from django.template.loader import render_to_string

from parcelwise.conf import pdf as conf
from parcelwise.errors import Misconfigured

#: What brings WeasyPrint's system libraries, and with them a font, to Debian and Ubuntu.
APT_LINE = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")

# Pango's font map and a typst compiler are each for one thread at a time.
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Page:
    """A paper size in millimetres."""

    name: str
    width: float
    height: float


A4 = Page("a4", 210, 297)
#: The label roll of thermal printers, 4 by 6 inches.
FOUR_BY_SIX = Page("4x6", 101.6, 152.4)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A drawn document and the engine that drew it: ``weasyprint`` or ``typst``.

    ``missing`` holds the characters that no font of this machine has; the paper shows boxes in their place.
    """

    content: bytes
    engine: str
    missing: str = ""


def render(html_template: str, context: Mapping[str, Any], *, typst_template: str, page: Page) -> Pdf:
    """Draw ``context`` on paper of size ``page``, which both templates get as ``page``.

    Both are names of templates. ``context`` must be what JSON can hold; HTML templates escape it, typst templates get
    it as data. Misconfigured, with the line that installs what is missing, when no engine can be used.
    """
    with _drawing:
        name, trouble = _choose(conf.ENGINE)
        if name == "weasyprint":
            return _with_weasyprint(html_template, context, page)
        if name == "typst":
            return _with_typst(typst_template, context, page)
    raise Misconfigured(f"There is nothing to draw PDF files with. {trouble}")


def engine() -> tuple[str, str]:
    """The engine in use (empty: none) and, unless it is the preferred one, a sentence that says why."""
    with _drawing:
        return _choose(conf.ENGINE)


def glance() -> tuple[str, str]:
    """What :func:`engine` will most likely say, without the second that importing WeasyPrint takes (Linux only)."""
    if conf.ENGINE != "auto" or sys.platform != "linux" or find_spec("weasyprint") is None:
        return engine()
    try:
        for library in _LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return engine()
    return "weasyprint", ""


def _choose(wanted: str) -> tuple[str, str]:
    troubles: list[str] = []
    for name, trouble in (("weasyprint", _weasyprint_trouble), ("typst", _typst_trouble)):
        if wanted not in ("auto", name):
            continue
        found = trouble()
        if not found:
            return name, " ".join(troubles)
        troubles.append(found)
    if not troubles:
        return "", f"PARCELWISE['PDF']['ENGINE'] is “{wanted}”; it can be auto, weasyprint or typst."
    return "", " ".join(troubles)


@cache
def _weasyprint_trouble() -> str:
    """Why WeasyPrint cannot draw here; empty when it can. Asked once in a process."""
    try:
        # When a library is missing WeasyPrint prints a banner on the standard output, which may be somebody's JSON.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            import weasyprint  # noqa: F401
    except ImportError:
        return "WeasyPrint is not installed: pip install 'parcelwise[labels]'."
    except OSError as error:
        return f"WeasyPrint cannot load its system libraries ({error}): {APT_LINE}"
    # It warns of a machine without fonts when it is imported; drawn all the same, Pango brings the process down.
    if any("FontConfig" in str(warning.message) for warning in said):
        return f"WeasyPrint finds no font on this machine, which these packages bring: {APT_LINE}"
    return ""


@cache
def _font_configuration() -> Any:
    """One for the whole process: WeasyPrint's memory grows with every further one."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _typst_trouble() -> str:
    try:
        import typst  # noqa: F401
    except ImportError:
        return "typst, the engine that needs no system library, is not installed: pip install 'parcelwise[labels]'."
    return ""


def _with_weasyprint(template: str, context: Mapping[str, Any], page: Page) -> Pdf:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    html = render_to_string(template, {**context, "page": _plain(page)})
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    with _listening() as missing:
        drawn: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(font_config=_font_configuration())
    return Pdf(drawn, "weasyprint", "".join(missing))


@contextlib.contextmanager
def _listening() -> Iterator[dict[str, None]]:
    """The characters of which WeasyPrint says in its log that no font has them, in order and once each."""
    missing: dict[str, None] = {}

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if str(record.msg).startswith(".notdef") and record.args:
                missing[str(record.args[0])] = None  # type: ignore[index]

    ear, log = Ear(logging.WARNING), logging.getLogger("weasyprint")
    log.addHandler(ear)
    try:
        yield missing
    finally:
        log.removeHandler(ear)


def _with_typst(template: str, context: Mapping[str, Any], page: Page) -> Pdf:
    import typst

    source = _source(template)
    inputs = {"data": json.dumps({**context, "page": _plain(page)}, ensure_ascii=False)}
    try:
        # PDF/A asks for a glyph for every character, so that its refusal names those that have none.
        drawn: bytes = _compiler().compile(source, format="pdf", sys_inputs=inputs, pdf_standards="a-2b")
    except typst.TypstError as error:
        missing = dict.fromkeys("".join(_UNDRAWN.findall(f"{error.diagnostic}")))
        drawn = _compiler().compile(source, format="pdf", sys_inputs=inputs, pdf_standards=[])
        return Pdf(drawn, "typst", "".join(missing))
    return Pdf(drawn, "typst")


_UNDRAWN = re.compile('the text `"(.+?)"` could not be displayed')


@cache
def _compiler() -> Any:
    """One for the whole process: a fresh one looks through the machine's fonts again."""
    import typst

    return typst.Compiler()


def _source(name: str) -> bytes:
    """A typst template, found where Django finds templates, so that a project overrides it in the same way."""
    for found in engines.all():
        for loader in getattr(getattr(found, "engine", None), "template_loaders", ()):
            for origin in loader.get_template_sources(name):
                with contextlib.suppress(TemplateDoesNotExist):
                    source: str = loader.get_contents(origin)
                    return source.encode()
    raise TemplateDoesNotExist(name)


def _plain(page: Page) -> dict[str, Any]:
    return {"name": page.name, "width": page.width, "height": page.height}
