"""Replies through the outbox: actions, worker, a real SMTP server; then again with the worker killed in the middle.

`python -m bench.outbox [500]`. The floors are the claims alone, and the same number of mails sent by smtplib alone.
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.letters import letters
from bench.meter import cpu_of, free_port, table
from bench.world import ROOT, empty_database, environment, manage

# As many as the worker has (settings.WORKER_THREADS).
SENDERS = 4
LONGEST_SECONDS = 110
CLAIM = (
    "UPDATE conversations_delivery SET state = 'sending', claim = gen_random_uuid(), attempts = attempts + 1,"
    " leased_until = now() + interval '2 minutes' WHERE id = %s AND state = 'queued' AND not_before <= now()"
)
RELEASE = "UPDATE conversations_delivery SET state = 'queued', claim = NULL, attempts = 0, leased_until = NULL"
END_LEASES = "UPDATE conversations_delivery SET leased_until = now() - interval '1 second' WHERE state = 'sending'"
END_WORKERS = "UPDATE dramatiq.worker SET heartbeat_at = now() - interval '1 hour'"

Row = tuple[str, float, float | str]


class Sink:
    """Takes every mail and remembers when, and under which Message-ID."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.times: list[float] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content)
        self.ids.append(str(mail["Message-ID"]).strip("<>"))
        self.times.append(time.perf_counter())
        return "250 taken"

    def clear(self) -> None:
        self.ids.clear()
        self.times.clear()


def main(count: int) -> None:
    sink, port = Sink(), free_port()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        _measure(sink, port, count)
    finally:
        server.stop()


def _measure(sink: Sink, port: int, count: int) -> None:
    url = _desk(port)
    rows: list[Row] = [("floor: mails by smtplib alone, to the same server", _bare_mails(sink, port, count), "")]
    replied = _answer(url, count)
    with psycopg.connect(url, autocommit=True) as link:
        rows.append(("floor: claims alone, one connection", _bare_claims(link), ""))
        rows.append(("replies written: message, delivery, event, one transaction", count / replied, ""))
        with _worker(url) as worker:
            rows.append(_sent(sink, worker.pid, count))
            _until(lambda: _states(link)["sent"] == count)
        print(table(["what", "a second", "CPU-ms each"], rows))
        _killed(sink, url, link, count)


def _desk(port: int) -> str:
    url = empty_database("ieum_bench_outbox")
    config = {
        "address": "help@moment.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "plain",
        "incoming": "handed",
    }
    make = (
        "from channels_app.models import Channel; from conversations.models import Intake;"
        f"Intake.objects.create(channel=Channel.objects.create(kind='email', name='Mail', config={config!r}))"
    )
    manage(url, "shell", "--verbosity=0", "--command", make)
    return url


def _answer(url: str, count: int) -> float:
    """Let an agent answer so many customers; seconds."""
    command = [sys.executable, "-m", "bench.answers", str(count)]
    said = subprocess.run(command, cwd=ROOT, env=environment(url), check=True, capture_output=True, text=True)
    return float(said.stdout)


@contextmanager
def _worker(url: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "helpdesk.worker"], cwd=ROOT, env=environment(url)) as worker:
        try:
            yield worker
        finally:
            worker.kill()


# ── How fast ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _bare_mails(sink: Sink, port: int, count: int) -> float:
    def send(mail: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", port, "moment.example") as link:
            link.sendmail("help@moment.example", ["carol@mail.example"], mail)

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, letters(count)))
    rate = _rate(sink.times)
    sink.clear()
    return rate


def _bare_claims(link: psycopg.Connection) -> float:
    found = link.execute("SELECT id FROM conversations_delivery WHERE state = 'queued'").fetchall()
    began = time.perf_counter()
    for row in found:
        link.execute(CLAIM, row)
    rate = len(found) / (time.perf_counter() - began)
    link.execute(RELEASE)
    return rate


def _sent(sink: Sink, pid: int, count: int) -> tuple[str, float, float]:
    """From the first mail that arrives to the last; the processor's time from then on too."""
    _until(lambda: sink.ids)
    before, already = cpu_of(pid), len(sink.ids)
    _until(lambda: len(sink.ids) >= count)
    cpu = (cpu_of(pid) - before) / (count - already) * 1000
    return "sent: claimed, composed, handed over, settled, announced", _rate(sink.times), cpu


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


# ── Killed in the middle ─────────────────────────────────────────────────────────────────────────────────────────────
def _killed(sink: Sink, url: str, link: psycopg.Connection, count: int) -> None:
    """Kill the worker with half the mails out, let another finish; leases of the dead are ended early by hand."""
    link.execute("DELETE FROM conversations_delivery")
    sink.clear()
    _answer(url, count)
    with _worker(url) as worker:
        _until(lambda: len(sink.ids) >= count // 2)
        worker.kill()
        worker.wait()
    arrived, in_doubt = len(sink.ids), _states(link)["sending"]
    link.execute(END_LEASES)
    link.execute(END_WORKERS)
    with _worker(url):
        _until(lambda: _are_settled(link))
    print(f"\nkill -9 with {arrived} of {count} mails out and {in_doubt} claimed:\n")
    print(table(["afterwards", "replies"], _verdict(sink, link, count)))


def _are_settled(link: psycopg.Connection) -> bool:
    states = _states(link)
    return not states["queued"] and not states["sending"]


def _states(link: psycopg.Connection) -> Counter[str]:
    return Counter(dict(link.execute("SELECT state, count(*) FROM conversations_delivery GROUP BY state").fetchall()))


def _verdict(sink: Sink, link: psycopg.Connection, count: int) -> list[tuple[str, int]]:
    """What became of every reply. Raises AssertionError where one arrived twice, or one called sent did not arrive."""
    arrived = Counter(sink.ids)
    known = {row[0] for row in link.execute("SELECT external_id FROM conversations_delivery WHERE state = 'sent'")}
    assert max(arrived.values()) == 1, "a mail was sent twice"
    assert known <= set(arrived), "a mail that is called sent did not arrive"
    states = _states(link)
    assert sum(states.values()) == count
    return [
        ("sent, and arrived once", states["sent"]),
        ("offered to a person, as nobody knows whether it was sent", states["unknown"]),
        ("of these, arrived in fact", len(set(arrived) - known)),
        ("arrived twice", sum(number > 1 for number in arrived.values())),
        ("lost, or in any other state", count - states["sent"] - states["unknown"]),
    ]


def _until(condition: Callable[[], object]) -> None:
    ends_at = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > ends_at:
            raise TimeoutError("the worker does not come to an end")
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
