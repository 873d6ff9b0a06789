"""Mail in by the real door: SMTP, vault, parsed, placed, indexed; beside a bare insert of the same bytes in the same run.

`python -m bench.mail_in [count]` starts a PostgreSQL of its own (or uses BENCH_SERVER) and `manage.py mail_listener`.
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bench.letters import letters
from bench.meter import cpu_of, free_port, table, wait_for
from bench.world import ROOT, empty_database, environment, manage

SENDERS = 6
DESK = "help@moment.example"
LONGEST_SECONDS = 600


def main(count: int) -> None:
    url = _empty_desk()
    mails = list(letters(count + 60))
    warm_up, mails = mails[:60], mails[60:]
    rows = [_floor(url, mails)]
    with _door(url) as (port, pid):
        _send_all(port, warm_up)
        _wait_until_placed(url, len(warm_up))
        before, began = cpu_of(pid), time.perf_counter()
        _send_all(port, mails)
        kept = time.perf_counter() - began
        _wait_until_placed(url, len(warm_up) + count)
        placed = time.perf_counter() - began
        cpu = (cpu_of(pid) - before) / count * 1000
    rows.append(("acknowledged: in the vault, SMTP 250", count / kept, ""))
    rows.append(("placed: parsed, folded, cleaned, in its conversation, indexed", count / placed, cpu))
    size = sum(map(len, mails)) / count / 1024
    print(f"{count} mails of {size:.1f} KB on average, {SENDERS} senders at once, one process\n")
    print(table(["what", "mails/s", "CPU-ms a mail"], rows))


def _empty_desk() -> str:
    """A database with one mail channel and nothing else."""
    url = empty_database("ieum_bench_mail")
    make = (
        "from channels_app.models import Channel; from conversations.models import Intake;"
        f"Intake.objects.create(channel=Channel.objects.create(kind='email', name='Mail', config={{'address': '{DESK}'}}))"
    )
    manage(url, "shell", "--verbosity=0", "--command", make)
    return url


def _floor(url: str, mails: Sequence[bytes]) -> tuple[str, float, str]:
    """What the disk and the wire take at least: the bytes into a table, one transaction each, one connection."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, body bytea NOT NULL)")
        began = time.perf_counter()
        for mail in mails:
            link.execute("INSERT INTO floor (body) VALUES (%b)", [mail])
        seconds = time.perf_counter() - began
        link.execute("DROP TABLE floor")
    return "floor: bare INSERT of the same bytes, one connection", len(mails) / seconds, ""


@contextmanager
def _door(url: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "manage.py", "mail_listener", "--port", str(port), *sys.argv[2:]]
    with subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=subprocess.DEVNULL) as door:
        try:
            wait_for(port)
            yield port, door.pid
        finally:
            door.terminate()


def _send_all(port: int, mails: Sequence[bytes]) -> None:
    """Several senders, one connection each, as a border mail server hands over."""
    threads = [threading.Thread(target=_send, args=(port, mails[one::SENDERS])) for one in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(port: int, mails: Sequence[bytes]) -> None:
    with smtplib.SMTP("127.0.0.1", port, "border.moment.example") as link:
        for mail in mails:
            link.sendmail("carol@mail.example", [DESK], mail)


def _wait_until_placed(url: str, count: int) -> None:
    """Raises TimeoutError where some mail was not placed, RuntimeError where one was not understood."""
    ends_at = time.monotonic() + LONGEST_SECONDS
    with psycopg.connect(url, autocommit=True) as link:
        while time.monotonic() < ends_at:
            done, bad = link.execute(
                "SELECT count(*) FILTER (WHERE state = 'processed'), count(*) FILTER (WHERE error <> '')"
                " FROM channels_app_envelope"
            ).fetchone() or (0, 0)
            if bad:
                raise RuntimeError(f"{bad} mails in quarantine")
            if done >= count:
                return
            time.sleep(0.05)
    raise TimeoutError(f"only {done} of {count} mails were placed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
