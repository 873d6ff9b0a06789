"""Times, processor seconds and tables."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.world import ROOT, environment

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Times:
    """What many runs of one thing took, in milliseconds; `cpu` is the server's mean."""

    median: float
    p95: float
    cpu: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float], cpu_seconds: float = 0.0) -> Times:
        ordered = sorted(seconds)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        return cls(statistics.median(ordered) * 1000, p95 * 1000, cpu_seconds / len(ordered) * 1000)


def timed(run: Callable[[], object], times: int, *, warm_up: int = 5) -> Times:
    """Run something so many times in this process."""
    for _ in range(warm_up):
        run()
    return Times.of(list(_each(run, times)))


def _each(run: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        began = time.perf_counter()
        run()
        yield time.perf_counter() - began


def cpu_of(pid: int) -> float:
    """Processor seconds that a process and its children have used so far."""
    return sum(_own_cpu(one) for one in [pid, *children(pid)])


def _own_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


@contextmanager
def page_server(url: str) -> Iterator[tuple[int, int]]:
    """A WSGI server with one worker on the desk under measurement: (port, pid)."""
    collect_static(url)
    port = free_port()
    with serving(port, environment(url)) as pid:
        yield port, pid


@contextmanager
def serving(port: int, env: dict[str, str]) -> Iterator[int]:
    """A WSGI server with one worker in an environment: its pid."""
    options = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--port", str(port), "--no-ws"]
    granian = str(Path(sys.executable).parent / "granian")
    with _run([granian, *options, "--log-level", "error", "helpdesk.wsgi:application"], port, env) as pid:
        yield pid


@contextmanager
def socket_server(url: str, program: str = "helpdesk.asgi:application") -> Iterator[tuple[int, int]]:
    """A Daphne with an ASGI program: (port, pid)."""
    port = free_port()
    options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0", program]
    collect_static(url)
    with _run([sys.executable, "-m", "daphne", *options], port, environment(url)) as pid:
        yield port, pid


@contextmanager
def _run(command: list[str], port: int, env: dict[str, str]) -> Iterator[int]:
    with subprocess.Popen(command, cwd=ROOT, env={**env, "MALLOC_ARENA_MAX": "2"}) as server:
        try:
            wait_for(port)
            yield server.pid
        finally:
            server.terminate()


@cache
def collect_static(url: str) -> None:
    """Pages name their style sheets by content: these must have been collected, as on every start."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(url), check=True)


def pss_of(pid: int) -> int:
    """Kilobytes of memory that a process has, shared pages by its share (proc(5), smaps_rollup)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def fetched(port: int, pid: int, path: str, times: int, cookie: str = "") -> Times:
    """Fetch a page so many times over one connection; raises where it does not answer 200."""
    link = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Cookie": cookie, "Accept-Language": "ko"}

    def fetch() -> None:
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")

    for _ in range(20):
        fetch()
    before = cpu_of(pid)
    seconds = list(_each(fetch, times))
    return Times.of(seconds, cpu_of(pid) - before)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers to one decimal."""
    cells = [[f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    lines = [heads, ["---"] * len(heads), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
