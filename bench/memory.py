"""What an idle trial holds in memory: `python -m bench.memory`, a fresh desk by `manage.py run` with an embedded database.

Each process counts with its own memory and its share of what it shares (PSS, proc(5)): the sum is what the machine lacks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.meter import children, free_port, pss_of, table
from bench.world import ROOT
from helpdesk import embedded

START_SECONDS = 100
IDLE_SECONDS = 15
AIM_MB = 250
# The account of the database may have to pass through the folder.
OPEN_TO_ALL = 0o755


def main() -> None:
    with _trial() as (pid, port, data):
        _visit(port)
        time.sleep(IDLE_SECONDS)
        rows = [_row("floor: Python with Django and nothing else", _bare_django())]
        found = {"supervisor": pss_of(pid), **{_name(child): pss_of(child) for child in children(pid)}}
        found["database, all its processes"] = sum(map(pss_of, _database(data)))
        rows += [_row(name, size) for name, size in found.items()]
    total = sum(found.values())
    print(table([f"idle for {IDLE_SECONDS} s", "MB"], [*rows, _row(f"all; the aim is {AIM_MB}", total)]))


def _row(name: str, kilobytes: int) -> tuple[str, float]:
    return name, kilobytes / 1024


@contextmanager
def _trial() -> Iterator[tuple[int, int, Path]]:
    """A desk in a folder of its own: process, port, the database's data; stopped and removed afterwards."""
    folder, port = Path(tempfile.mkdtemp(prefix="ieum-idle-")), free_port()
    folder.chmod(OPEN_TO_ALL)
    given = {"DATABASE_URL": "", "REDIS_URL": "", "BROKER_URL": "", "DEMO": "0", "PORT": str(port)}
    env = {**os.environ, **given, "VAR_DIR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    command = [sys.executable, "manage.py", "run"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as trial:
        try:
            _wait_until_it_answers(port)
            yield trial.pid, port, folder / "var" / "postgres"
        finally:
            trial.terminate()
            trial.wait(60)
            embedded.stop(folder / "var" / "postgres")
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(urllib.error.URLError, OSError):
            return _visit(port, "/healthz")
        time.sleep(0.3)
    raise TimeoutError(f"no desk on {port} after {START_SECONDS} s")


def _visit(port: int, path: str = "/accounts/login/") -> None:
    """Fetch one page, so that what is loaded late is loaded."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        answer.read()


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return "web: pages and sockets (Daphne)" if "daphne" in words else "worker"


def _database(data: Path) -> list[int]:
    postmaster = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    return [postmaster, *children(postmaster)]


def _bare_django() -> int:
    """Kilobytes of a process that has set Django up with no app of ours or others'."""
    bare = "import os, django; from django.conf import settings; settings.configure(); django.setup(); input()"
    command = [sys.executable, "-c", bare]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT) as process:
        time.sleep(2)
        size = pss_of(process.pid)
        process.communicate(b"\n")
    return size


if __name__ == "__main__":
    main()
