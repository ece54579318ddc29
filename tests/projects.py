"""Runs the stories of a project with settings of its own: Django has one set of settings for each process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tell_stories(folder: str, *options: str, **environment: str) -> None:
    """Run ``tests/<folder>/story_*.py`` with ``tests/<folder>/settings.py``; fails with what failed there."""
    command = [sys.executable, "-m", "pytest", f"tests/{folder}", f"--ds=tests.{folder}.settings", "--no-migrations"]
    command += ["-q", "-p", "no:cacheprovider", "-o", "python_files=story_*.py", "-o", "filterwarnings=ignore"]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"tests.{folder}.settings", **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-15000:]}\n{done.stderr[-3000:]}"
