"""What is installed: every file of the apps and nothing else, and the same versions by either list."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
APPS = ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics")


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0].lower()


def required(*extras: str) -> set[str]:
    """The requirements of the package with ``extras``, those of ours resolved."""
    found = set(PROJECT["project"]["dependencies"])
    for extra in extras:
        for requirement in PROJECT["project"]["optional-dependencies"][extra]:
            if ours := re.fullmatch(r"parcelwise\[(.+)]", requirement):
                found |= required(*ours[1].split(","))
            else:
                found.add(requirement)
    return found


def test_requirements_txt_is_what_the_demo_stands_on() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} == required("demo")


def test_every_extra_bounds_what_it_brings() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    known = {name_of(each): each for each in PROJECT["project"]["dependencies"]}
    for requirements in extras.values():
        for each in requirements:
            assert re.search(r"[<>=~]|\[", each), f"{each} has no lower bound"
            assert known.setdefault(name_of(each), each) == each or each.startswith("parcelwise["), each


@pytest.mark.parametrize("app", APPS)
def test_every_file_of_an_app_is_shipped(app: str) -> None:
    """A folder with an ``__init__.py`` is a package; what else lies in it has to match a pattern."""
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    packages = [file.parent for file in (ROOT / app).rglob("__init__.py")]
    shipped = {file for package in packages for pattern in patterns for file in package.glob(pattern)}
    shipped |= {file for package in packages for file in package.glob("*.py")}
    there = {file for file in (ROOT / app).rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert there - shipped == set()
    assert ROOT / app / "py.typed" in shipped


def test_only_the_apps_are_shipped() -> None:
    wanted = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert wanted == [f"{app}*" for app in APPS]
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert {folder for folder in folders if folder.startswith(APPS)} == set(APPS)
