"""Nothing in the documentation leads nowhere: links, anchors, pictures, commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.docs.pages import ROOT, anchors, blocks, commands, links, pages

#: What manage.py knows besides Django's commands.
OWN = {"test"}
PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


@PAGES
def test_every_link_resolves(page: Path):
    broken = []
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        if target.is_relative_to(ROOT / "docs" / "images"):
            continue  # made by a script from the running demo
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}" if anchor else path)
    assert broken == []


@PAGES
def test_every_command_exists_with_its_options(page: Path):
    wrong = [line for line in commands(page) if (said := complaint(line)) and not print(said)]
    assert wrong == []


def complaint(line: str) -> str:
    """What is wrong with a command line of ours; empty when nothing is, or when it is somebody else's."""
    words = [word for word in shlex.split(line) if not re.fullmatch(r"[A-Z_]+=.*", word)]
    if "-m" in words:
        module = ROOT / words[words.index("-m") + 1].replace(".", "/")
        runs = module.with_suffix(".py").exists() or (module / "__main__.py").exists()
        return "" if runs else f"{module} cannot be run"
    if script := next((word for word in words if re.match(r"(benchmarks|docs)/\w+\.py", word)), ""):
        return "" if (ROOT / script).exists() else f"there is no {script}"
    if "manage.py" not in words:
        return ""
    name, *arguments = words[words.index("manage.py") + 1 :]
    if name in OWN:
        return ""
    if name not in get_commands():
        return f"there is no command {name}"
    known = load_command_class(get_commands()[name], name).create_parser("manage.py", name)._option_string_actions
    unknown = [word for word in arguments if word.startswith("-") and word.partition("=")[0] not in known]
    return f"{name} has no {unknown}" if unknown else ""


@pytest.mark.parametrize(
    "line",
    ["python manage.py sync_order", "python manage.py demo --onse", "python -m fulfillment.nothing"],
)
def test_a_wrong_command_is_found(line: str):
    assert complaint(line)


@PAGES
def test_every_python_block_can_be_parsed(page: Path):
    for block in blocks(page):
        if block.language == "python":
            compile(block.text.replace("…", "..."), f"{page.name}", "exec")


def test_every_page_is_reached_from_the_readme():
    """By following links: a page nobody links to is a page nobody reads."""
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        for path, _anchor in links(page):
            target = (page.parent / path).resolve()
            found = sorted(target.glob("*.md")) if target.is_dir() else [target]
            for one in found:
                if one.suffix == ".md" and one.exists() and one not in seen:
                    seen.add(one)
                    ahead.append(one)
    assert {page for page in pages() if page.is_relative_to(ROOT / "docs")} - seen == set()
