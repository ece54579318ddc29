"""The pages of the documentation as data: links, commands and the files that their examples are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
APPS = ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics")
#: A fenced block: its language, and what is in it. Those of a list are indented.
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ((?:shop/)?[\w/]+\.(?:py|txt|html))\n")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


class Block(NamedTuple):
    page: Path
    language: str
    text: str


def pages() -> list[Path]:
    """README, CHANGELOG and everything in docs/."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def all_docs() -> str:
    return "\n".join(page.read_text() for page in sorted((ROOT / "docs").rglob("*.md")))


def blocks(page: Path) -> Iterator[Block]:
    for indent, language, text in BLOCK.findall(page.read_text()):
        yield Block(page, language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))


def example_files() -> dict[str, str]:
    """Path -> content of every example that names its file in its first line."""
    found: dict[str, str] = {}
    for page in pages():
        for block in blocks(page):
            if named := FILE.match(block.text):
                assert named[1] not in found, f"{page.name} shows {named[1]} a second time"
                found[named[1]] = block.text[named.end() :]
    return found


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Path and anchor of every link and image inside the repository."""
    text = BLOCK.sub("", page.read_text())
    for _image, target in LINK.findall(text):
        if not re.match(r"[a-z]+:", target):
            path, _hash, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[str]:
    """Every command line of the shell examples, without its comment."""
    for block in blocks(page):
        if block.language == "sh":
            for line in block.text.splitlines():
                for command in re.sub(r"\s#.*$", "", line).split("&&"):
                    if command.strip():
                        yield command.strip()
