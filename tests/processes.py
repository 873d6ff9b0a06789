"""Real processes for tests: Daphne, granian, workers and other people's servers, on free ports, always ended."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from helpdesk.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parents[1]
Value = TypeVar("Value")


def free_port() -> int:
    """A port nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(condition: Callable[[], Value], seconds: float = 15, pause: float = 0.05) -> Value:
    """Return the first true value of `condition`; fail when there is none in time."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {seconds:g} s"
        time.sleep(pause)
    return value


class Process:
    """A program with a log; `stop` ends it and all it started, `kill` does so at once."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
        self.command, self.log, self.env, self.cwd = command, log, {**os.environ, **(env or {})}, cwd
        self.popen: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and return once it is of use."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start only; from the main thread, since the kernel ends the process with the thread that started it."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )

    def await_ready(self) -> None:
        """Return once a launched process is of use."""

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> None:
        if self.popen is None:
            return
        self._signal(number)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.popen.wait()
        self.popen = None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def is_running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def words(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class WebProcess(Process):
    """A process that serves the desk at `url`."""

    def __init__(self, command: Callable[[int], list[str]], log: Path, env: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        super().__init__(command(self.port), log, {"PUBLIC_URL": self.url, **env})

    def await_ready(self) -> None:
        eventually(self.answers, 60)

    def answers(self) -> bool:
        assert self.is_running(), self.words()
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False


class WorkerProcess(Process):
    """A worker; `start` returns once it works."""

    def __init__(self, log: Path, env: dict[str, str]) -> None:
        super().__init__([sys.executable, "-m", "helpdesk.worker"], log, env)

    def launch(self) -> None:
        self.earlier_starts = self.words().count("worker.ready")
        super().launch()

    def await_ready(self) -> None:
        eventually(self._is_ready, 60)

    def _is_ready(self) -> bool:
        assert self.is_running(), self.words()
        return self.words().count("worker.ready") > self.earlier_starts


def daphne(port: int) -> list[str]:
    """The command of a process that serves sockets, and pages too."""
    options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    return [sys.executable, "-m", "daphne", *options, "helpdesk.asgi:application"]


def granian(port: int) -> list[str]:
    """The command of a process that serves pages only."""
    options = [
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-access-log",
        "--blocking-threads",
        "2",
    ]
    return [sys.executable, "-m", "granian", *options, "helpdesk.wsgi:application"]
