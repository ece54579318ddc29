"""Migrations outlive the code of their day: named by hand, and built on nothing of ours but the fields of our own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics", "demo")
MIGRATIONS = sorted(file for app in OURS for file in (ROOT / app).rglob("migrations/[0-9]*.py"))
#: A field that is a class of its own cannot be named without importing it.
FIELDS = {"parcelwise.sealed"}


def imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_a_migration_has_a_name_and_imports_no_code_that_may_change(file: Path) -> None:
    assert "_auto_" not in file.stem
    assert {name for name in imported(file) if name.partition(".")[0] in OURS} <= FIELDS


def test_all_tables_are_made_by_migrations() -> None:
    assert {file.parts[-3] for file in MIGRATIONS} >= {"parcelwise", "fulfillment", "returns", "notifications", "shop"}
