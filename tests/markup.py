"""Reading pages in tests: their elements in order, with attributes and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    within: list[Element]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())


class Page(HTMLParser):
    """A parsed page: ``page.all("h1")``."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(response.content.decode())

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    @property
    def h1(self) -> str:
        (only,) = self.all("h1")
        return only.text

    @property
    def text(self) -> str:
        (body,) = self.all("body")
        return body.text

    def field(self, name: str) -> Element:
        return next(each for each in self.elements if each.attributes.get("name") == name)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)


def assert_accessible(page: Page) -> None:
    """What every page owes everybody: a language, one h1, landmarks, labels, and names for what can be pressed."""
    (html,) = page.all("html")
    assert html.attributes["lang"]
    assert page.h1
    assert len(page.all("main")) == len(page.all("header")) == 1
    assert all("alt" in image.attributes for image in page.all("img"))
    labelled = {label.attributes.get("for") for label in page.all("label")}
    for control in page.all("input", "select", "textarea"):
        if control.attributes.get("type") != "hidden":
            assert control.attributes["id"] in labelled, control.attributes
    for pressed in page.all("a", "button", "summary"):
        assert pressed.text or pressed.attributes.get("aria-label"), pressed.attributes
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4")]
    assert all(lower - upper <= 1 for upper, lower in zip(levels, levels[1:], strict=False)), levels
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))


def assert_strict(page: Page) -> None:
    """Nothing that a strict content security policy forbids: no script or style inline, no handler, no other host."""
    assert not page.all("style", "iframe", "object", "base")
    for element in page.elements:
        assert "style" not in element.attributes, element
        assert not any(name.startswith("on") for name in element.attributes), element
        assert element.tag != "script" or element.attributes.get("src", "").startswith("/")
        if element.tag in ("link", "img"):
            source = element.attributes.get("href") or element.attributes.get("src", "")
            assert source.startswith(("/", "data:image/")), source
        if element.tag == "a":
            assert element.attributes["href"].startswith(("/", "#", "?", "https://", "mailto:")), element
