"""The PostgreSQL of a trial: a private server under `var/`, started on demand, stopped by the last process that uses it.

Every process that uses the server holds a shared lock on `<data>.users`; the kernel drops it when the process dies, however
it dies. Whoever leaves last gets the exclusive lock and stops the server. No TCP port is opened: the server listens on a
Unix socket that only its owner can reach.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpdesk.embedded_programs import EmbeddedPostgresUnavailable, environment, give_away, own, programs, refuse, run

NAME = "ieum"
MAJOR = "18"
START_SECONDS = 60
# The kernel refuses a Unix socket path of more than 107 bytes.
LONGEST_SOCKET_PATH = 107
SOCKET = ".s.PGSQL.5432"
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "log_min_messages": "warning",
}

_held: dict[Path, int] = {}


def database(data: Path) -> dict[str, Any]:
    """Return Django's settings for the server whose data is in `data`; start the server unless it runs."""
    data = data.resolve()
    folder = ensure_running(data)
    return {"ENGINE": "django.db.backends.postgresql", "NAME": NAME, "USER": "postgres", "HOST": str(folder)}


def ensure_running(data: Path) -> Path:
    """Return the socket folder of a server that accepts connections, and keep it running while this process lives."""
    programs()
    data.parent.mkdir(parents=True, exist_ok=True)
    _join(data)
    with _alone(data):
        if not _comes_up(data):
            _start(data)
    return socket_folder(data)


def stop(data: Path) -> None:
    """Stop the server if it runs, waiting until its files are closed."""
    with _alone(data):
        if _server_pid(data):
            run("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop", data=data)


def socket_folder(data: Path) -> Path:
    """Return where the server listens: its data folder, or a short folder of its own when that path is too long."""
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET_PATH:
        return data
    key = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ieum-{key}"


# ── Who uses it ────────────────────────────────────────────────────────────────────────────────────────────────────


def _join(data: Path) -> None:
    if data in _held:
        return
    handle = os.open(data.with_suffix(".users"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)
    _held[data] = handle
    atexit.register(_leave, data, os.getpid())


def _leave(data: Path, joined_by: int) -> None:
    handle = _held.get(data)
    if handle is None or os.getpid() != joined_by:
        return
    del _held[data]
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if data.exists():
            stop(data)
    os.close(handle)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server."""
    with data.with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# ── Starting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _start(data: Path) -> None:
    _initialise(data)
    _forget_dead_server(data)
    folder = socket_folder(data)
    own(folder)
    options = " ".join([*_settings(), f"-k '{folder}'"])
    log = data.with_suffix(".log")
    log.touch(mode=0o600)
    give_away(log)
    run("pg_ctl", "-D", str(data), "-l", str(log), "-t", str(START_SECONDS), "-w", "-o", options, "start", data=data)
    _create_database(folder)


def _settings() -> list[str]:
    """Ours, then those of EMBEDDED_POSTGRES: tests trade durability for speed by `fsync=off`."""
    further = [pair.split("=", 1) for pair in os.environ.get("EMBEDDED_POSTGRES", "").split()]
    return [f"-c {name}='{value}'" for name, value in {**OPTIONS, **dict(further)}.items()]


def _initialise(data: Path) -> None:
    version = data / "PG_VERSION"
    if data.exists():
        own(data)
    if version.exists():
        return _check_version(data, version.read_text().strip())
    # initdb leaves half a folder behind when it is killed; PG_VERSION of the top folder is among its first files, so it
    # works aside and the finished folder is moved into place.
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    own(draft)
    locale = ["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C", "--encoding=UTF8"]
    run("initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--no-sync", *locale, data=draft)
    if data.exists():
        data.rmdir()
    draft.rename(data)


def _check_version(data: Path, found: str) -> None:
    if found != MAJOR:
        raise EmbeddedPostgresUnavailable(
            f"{data} was made by PostgreSQL {found}, but this is PostgreSQL {MAJOR}: move that folder away, "
            "or set DATABASE_URL to a server that can read it."
        )


def _create_database(folder: Path) -> None:
    found = _ask(folder, "postgres", f"SELECT 'found' FROM pg_database WHERE datname = '{NAME}'")
    if "found" not in found.stdout:
        _ask(folder, "postgres", f'CREATE DATABASE "{NAME}"').check_returncode()


def _answers(folder: Path) -> bool:
    return _ask(folder, NAME, "SELECT 1").returncode == 0


def _ask(folder: Path, name: str, sql: str) -> subprocess.CompletedProcess[str]:
    # psql rather than a driver: the supervisor imports this module and has to stay small.
    target = ["-h", str(folder), "-U", "postgres", "-d", name]
    command = [str(programs() / "psql"), "-X", "-q", "-t", *target, "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, env={**environment(), "PGCONNECT_TIMEOUT": "5"})


def _comes_up(data: Path) -> bool:
    """Say whether a server answers, waiting for one that still starts, stops or dies."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(socket_folder(data)):
        if not (_server_pid(data) or _has_orphans(data)):
            return False
        if time.monotonic() > deadline:
            refuse(f"A server that does not answer still uses {data}; end it first")
        time.sleep(0.1)
    return True


def _forget_dead_server(data: Path) -> None:
    """Drop the lock files of a server that was killed; `_comes_up` has seen that none of its processes is left.

    PostgreSQL believes in any process of the number in them, be it a zombie or, after a restart of a container, a stranger.
    """
    for path in (data / "postmaster.pid", socket_folder(data) / f"{SOCKET}.lock", socket_folder(data) / SOCKET):
        path.unlink(missing_ok=True)


def _has_orphans(data: Path) -> bool:
    """Every PostgreSQL process works in its data folder; without /proc (macOS) none is seen."""
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if cwd.readlink() == data:
                return True
    return False


def _server_pid(data: Path) -> int | None:
    """Return the process number in the pid file if that process is our server."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    except PermissionError:
        return pid
    return pid if _is_postgres(pid) else None


def _is_postgres(pid: int) -> bool:
    command_line = Path(f"/proc/{pid}/cmdline")
    if command_line.exists():
        return b"postgres" in command_line.read_bytes()
    listing = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
    return "postgres" in listing.stdout
