"""What people look up is written down: settings with their defaults, checks, signals, notices, KPIs, commands, URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.core.management import get_commands
from django.dispatch import Signal
from django.urls import URLPattern, URLResolver, get_resolver

from analytics.kpi import registry
from notifications.notice import declared
from parcelwise.background import standing_orders
from parcelwise.checks.settings import import_sections
from parcelwise.conf import Section
from tests.docs.pages import APPS, ROOT, all_docs

ROW = re.compile(r"^\| `([A-Z_]+)` \| `(.*?)` \| (.+) \|$", re.MULTILINE)
CHECK_ID = re.compile(r"parcelwise(?:_[a-z]+)?\.[EWI]\d{3}")


def documented() -> dict[str, dict[str, str]]:
    """Section -> setting -> default, as ``docs/settings.md`` has them."""
    parts = re.split(r"^## ", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE)[1:]
    tables = {part.split("\n", 1)[0].strip(): part for part in parts}
    return {key: {name: default for name, default, _ in ROW.findall(text)} for key, text in tables.items()}


def sections() -> dict[str, type[Section]]:
    import_sections()
    return {key: section for key, section in Section.sections.items() if section.__module__.split(".")[0] in APPS}


@pytest.mark.parametrize("key", sorted(sections()))
def test_every_setting_is_documented_with_its_default(key):
    wanted = {name: repr(default) for name, default in sections()[key].defaults().items()}
    assert documented().get(key) == wanted, f"bring the table “{key}” of docs/settings.md in line with the code"


def test_no_setting_is_documented_that_does_not_exist():
    assert {key for key in documented() if key.isupper()} == set(sections())


def test_every_check_is_documented():
    raised = {
        id_
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for id_ in CHECK_ID.findall(file.read_text())
    }  # fmt: skip
    written = set(CHECK_ID.findall((ROOT / "docs" / "checks.md").read_text()))
    assert raised - written == set(), "add them to docs/checks.md"
    assert written - raised == set(), "docs/checks.md names checks that are gone"


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in APPS


def signals() -> set[str]:
    modules = [f"{app}.signals" for app in APPS if find_spec(f"{app}.signals")]
    return {
        f"{module}.{name}"
        for module in modules
        for name, value in vars(import_module(module)).items()
        if isinstance(value, Signal)
    }


def url_names(patterns: list[URLPattern | URLResolver] | None = None, space: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from url_names(pattern.url_patterns, pattern.app_name or space)
        elif space.startswith("parcelwise") and pattern.name:
            yield f"{space}:{pattern.name}"


def used(call: str) -> set[str]:
    """First argument of every ``call("…")`` in the code of the apps."""
    found = re.compile(re.escape(call) + r"\(\s*\"([\w.]+)\"")
    return {name for app in APPS for file in (ROOT / app).rglob("*.py") for name in found.findall(file.read_text())}


def undocumented(names: set[str], where: str = "") -> set[str]:
    text = (ROOT / "docs" / where).read_text() if where else all_docs()
    return {name for name in names if f"`{name}`" not in text}


def test_there_is_something_to_document():
    assert len(signals()) >= 5
    assert len(set(url_names())) >= 14
    assert len(used("objects.note")) >= 10


def test_every_signal_is_documented():
    assert undocumented(signals(), "architecture.md") == set()


def test_every_notice_is_documented():
    names = {kind.name for kind in declared() if is_ours(kind.__module__)}
    assert undocumented(names, "notices.md") == set()


def test_every_kpi_is_documented():
    slugs = {slug for slug, kpi in registry.items() if is_ours(type(kpi).__module__)}
    assert undocumented(slugs, "kpis.md") == set()


def test_every_command_is_documented():
    names = {name for name, module in get_commands().items() if is_ours(module)}
    text = all_docs()
    assert {name for name in names if f"manage.py {name}" not in text} == set()


def test_every_url_name_is_documented():
    """A page behind both doors stands in one row: its name, and the one of its signed link without the namespace."""
    doors = {name if not name.endswith("_by_link") else name.partition(":")[2] for name in url_names()}
    assert undocumented(doors, "pages.md") == set()


def test_every_task_of_the_schedule_is_documented():
    assert undocumented({order.path for order in standing_orders()}, "operations.md") == set()


def test_every_kind_of_problem_is_documented():
    assert undocumented(used("objects.note"), "operations.md") == set()


def test_every_logger_is_documented():
    shown = used("getLogger") - {"weasyprint", "parcelwise.twin"}  # theirs; the twin's, which is no production code
    assert undocumented(shown, "operations.md") == set()
