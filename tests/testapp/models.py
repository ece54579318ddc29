"""An app as a host project would write it: durable chores, a kite with a status, a safe for credentials."""

from __future__ import annotations

import os
from typing import ClassVar

from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from parcelwise.changes import Change
from parcelwise.jobs import Job
from parcelwise.sealed import SealedField

#: A kite's status changed. kite: Kite, change: KiteChange.
kite_moved = Signal()


def write_line(path: str, line: str) -> None:
    """One line in one write to a file opened for appending, so that processes do not mix theirs."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


class Chore(Job):
    """One thing to do; ``how`` says how it goes, ``journal`` is the file in which it leaves its traces."""

    runner = "tests.testapp.chores.do"

    name = models.CharField(max_length=40)
    how = models.CharField(max_length=40, default="done")
    journal = models.CharField(max_length=200, blank=True)

    class Meta(Job.Meta):
        pass

    def __str__(self) -> str:
        return self.name

    def finish(self) -> bool:
        settled = super().finish()
        if settled and self.journal:
            write_line(self.journal, f"settled {self.name}")
        return settled


class Errand(Job):
    """Things that are done many at a time, in one go, as a carrier tracks twenty numbers with one call."""

    runner = "tests.testapp.chores.do_all"
    batch_size = 5

    name = models.CharField(max_length=40)

    class Meta(Job.Meta):
        pass

    def __str__(self) -> str:
        return self.name


class Kite(models.Model):
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {"ground": ("air",), "air": ("ground", "tree"), "tree": ()}

    name = models.CharField(max_length=40)
    status = models.CharField(max_length=24, default="ground")
    height = models.PositiveIntegerField(default=0, help_text="metres")

    def __str__(self) -> str:
        return self.name


class KiteChange(Change):
    subject_field = "kite"
    signal = kite_moved

    kite = models.ForeignKey(Kite, on_delete=models.CASCADE, related_name="changes")

    class Meta(Change.Meta):
        pass


class Safe(models.Model):
    name = models.CharField(max_length=40)
    content = SealedField()
    opened_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
