"""Old sales lie in a data base of their own, with a copy that is read from and lags behind."""

from __future__ import annotations

from typing import Any


class ArchiveRouter:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "archive" if model._meta.model_name == "oldsale" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if model_name == "oldsale":
            return db == "archive"
        return False if db == "archive" else None
