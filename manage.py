#!/usr/bin/env python3
"""Django's command line, and the two commands that set up what they need on a bare machine.

``python3 manage.py demo`` and ``python3 manage.py test`` need python3 (3.11 or newer, with venv and pip) and a network
to the package index. They make ``.venv`` at first use and bring it up to date when pyproject.toml changes. Every other
command runs in ``.venv`` when it is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

BASE = Path(__file__).resolve().parent
VENV = BASE / ".venv"
PYTHON = VENV / "bin" / "python"
#: Command -> the extra of pyproject.toml that it needs.
NEEDS = {"demo": "demo", "test": "test"}
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def runs(*command: object) -> bool:
    """Whether the command ends well; what it has to say goes to standard error."""
    return subprocess.run([str(word) for word in command], stdout=sys.stderr).returncode == 0


def set_up(extra: str) -> None:
    """Make ``.venv`` with everything ``extra`` needs, unless it is there already."""
    stamp = VENV / f".parcelwise-{extra}"
    wanted = hashlib.sha256((BASE / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists() or not runs(PYTHON, "-c", "import pip"):
        say("Making .venv …")
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    say("Installing what it needs (a minute or two the first time) …")
    target = ("-e", f"{BASE}[{extra}]")
    pip = (PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    # uv does in seconds what pip does in minutes; where it cannot be had, pip does it.
    quick = runs(*pip, "uv") and runs(PYTHON, "-m", "uv", "pip", "install", "-q", "--python", PYTHON, *target)
    if not quick and not runs(*pip, *target):
        sys.exit("The packages could not be installed; see above. Run the same command again to go on.")
    bring_pango()
    stamp.write_text(wanted)


def bring_pango() -> None:
    """WeasyPrint needs Pango, the one thing no wheel brings. Without it labels are drawn by typst."""
    probe = [PYTHON, "-c", "import weasyprint"]
    if subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    install = f"apt-get install -y --no-install-recommends {PANGO}"
    if shutil.which("apt-get") and os.geteuid() == 0:
        say("Installing Pango for WeasyPrint …")
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        if subprocess.run(install.split(), **quiet).returncode == 0:
            return
    say(f"Pango is missing, so labels are drawn by typst. For WeasyPrint run: sudo {install}")


def in_own_environment() -> bool:
    """Whether this interpreter is the project's own, or a virtual environment that somebody chose and filled."""
    if Path(sys.prefix) == VENV:
        return True
    if sys.prefix == sys.base_prefix:
        return False
    try:
        import django  # noqa: F401
    except ImportError:
        return False
    return True


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if not in_own_environment():
        if sys.version_info < (3, 11):  # noqa: UP036 - it may be started by any python3 there is
            sys.exit("Parcelwise needs Python 3.11 or newer.")
        if command in NEEDS:
            set_up(NEEDS[command])
        if PYTHON.exists():
            os.execv(PYTHON, [str(PYTHON), str(BASE / "manage.py"), *sys.argv[1:]])
        sys.exit("Run “python3 manage.py demo” or “python3 manage.py test” first: they make .venv.")
    if Path(sys.prefix) == VENV and command in NEEDS:
        set_up(NEEDS[command])
    if command == "test":
        os.chdir(BASE)
        # A file's tests stay in one process: some start servers and workers that they share.
        # Much of a test is waiting for an answer, so a core has two at a time.
        spread = [] if sys.argv[2:] else ["-n", str(2 * (os.cpu_count() or 1)), "--dist", "loadfile"]
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *spread, *sys.argv[2:]])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
