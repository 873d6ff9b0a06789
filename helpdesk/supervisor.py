"""Keeps the processes of a trial running: starts them, prefixes what they print, restarts one that died, stops all.

Run by `manage.py run`, which replaces itself by this program once the database is ready. Only the standard library is
imported, so that it costs next to no memory.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from helpdesk import embedded

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10
# A program that ran this long was healthy: its next restart is quick again.
HEALTHY_SECONDS = 30
# One that dies this often without having been healthy will not get better by itself.
MOST_FAILURES = 5
STOP_SECONDS = 30
PR_SET_PDEATHSIG = 1
COLOURS = ("\033[34m", "\033[32m", "\033[33m", "\033[35m")


class Program:
    """One supervised process."""

    def __init__(self, name: str, command: list[str], colour: str = "") -> None:
        self.name = name
        self.command = command
        self.prefix = f"{colour}{name:<7}|{colour and chr(27) + '[0m'} "
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE_SECONDS
        self.failures = 0

    def start(self) -> None:
        self.started_at = time.monotonic()
        # Two arenas instead of eight for each core: threads that mostly wait need no heap each (glibc, malloc(3)).
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops the programs in order.
        self.process = subprocess.Popen(
            self.command,
            env={"MALLOC_ARENA_MAX": "2", **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        threading.Thread(target=self._relay, args=(self.process,), daemon=True).start()

    def check(self) -> None:
        """Plan a restart if the process died; start it when that restart is due."""
        if self.process and self.process.poll() is not None:
            self._plan_restart(self.process.returncode)
        if self.process is None and time.monotonic() >= self.start_at:
            self.start()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)

    def wait(self, until: float) -> None:
        """Wait for the end; after `until` (monotonic seconds) end it by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _plan_restart(self, code: int) -> None:
        if time.monotonic() - self.started_at > HEALTHY_SECONDS:
            self.pause, self.failures = FIRST_PAUSE_SECONDS, 0
        self.failures += 1
        say(f"{self.prefix}ended with {code}; starting it again in {self.pause:g} s")
        self.process, self.start_at = None, time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)

    def _relay(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        for line in process.stdout:
            say(self.prefix + line.decode(errors="replace").rstrip())


class Supervisor:
    """Runs programs until it is told to stop or one of them proves hopeless."""

    def __init__(self, programs: list[Program], on_tick: Callable[[], None] = lambda: None) -> None:
        self.programs = programs
        self.on_tick = on_tick
        self.stopping = threading.Event()

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            return self._watch()
        finally:
            self._stop()

    def _watch(self) -> int:
        while not self.stopping.wait(0.2):
            for program in self.programs:
                program.check()
                if program.failures >= MOST_FAILURES:
                    say(f"`{program.name}` ended {MOST_FAILURES} times in a row; the lines above say why.")
                    return 1
            self.on_tick()
        return 0

    def _stop(self) -> None:
        say("Stopping …")
        until = time.monotonic() + STOP_SECONDS
        for program in self.programs:
            program.stop()
        for program in self.programs:
            program.wait(until)


class Welcome:
    """Prints the address and the log-ins once, when the page first answers."""

    def __init__(self, address: str, logins: str) -> None:
        self.address = address
        self.logins = logins
        self.is_printed = False

    def __call__(self) -> None:
        if not self.is_printed and answers(f"{self.address}/healthz"):
            self.is_printed = True
            say(f"\n  Ieum is ready:  {self.address}\n{self.logins}\n  Ctrl-C stops it; what you did is kept.\n")


def answers(address: str) -> bool:
    """Say whether the address answers with success within a second."""
    try:
        with urllib.request.urlopen(address, timeout=1) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def die_with_parent() -> None:
    """Linux: have the kernel end this child when the supervisor is killed, so that nothing keeps the port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def say(line: str) -> None:
    """Print at once, whole lines, from any thread; a closed terminal is no reason to die."""
    with suppress(BrokenPipeError, OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def programs(host: str, port: str) -> list[Program]:
    """Return the web process and the worker."""
    colours = COLOURS if sys.stdout.isatty() else ("", "")
    daphne = ["-m", "daphne", "-b", host, "-p", port, "-v", "0", "helpdesk.asgi:application"]
    return [
        Program("web", [sys.executable, *daphne], colours[0]),
        Program("worker", [sys.executable, "-m", "helpdesk.worker"], colours[1]),
    ]


def main() -> int:
    """Run the trial: `python -m helpdesk.supervisor`, with HOST, PORT and what to print in the environment."""
    if data := os.environ.get("IEUM_EMBEDDED_DATA"):
        embedded.ensure_running(Path(data))
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    welcome = Welcome(f"http://localhost:{port}", os.environ.pop("IEUM_LOGINS", ""))
    return Supervisor(programs(host, port), welcome).run()


if __name__ == "__main__":
    sys.exit(main())
