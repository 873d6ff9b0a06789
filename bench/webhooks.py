"""Web hooks by every door: signature, vault, conversation; beside a bare Django view that stores the body, in the same run.

`python -m bench.webhooks [count]` posts signed events of customers to a WSGI server with one worker (or BENCH_SERVER's
PostgreSQL), then 10,000 with every fifth sent twice, in random order, and compares every row with what was said.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import django
import psycopg

from bench.meter import collect_static, cpu_of, free_port, page_server, serving, table
from bench.world import empty_database, environment

if TYPE_CHECKING:
    from bench.posts import Request
    from channels_app.simulator.provider import Provider

KINDS = (
    *("whatsapp", "messenger", "instagram", "telegram", "line", "kakao", "wechat", "viber", "twilio", "vonage_sms"),
    *("vonage", "x", "apple", "slack", "generic"),
)
DATABASE = "ieum_bench_webhooks"
PEOPLE = 50
AT_ONCE = 4
SHUFFLED, TWICE = 10_000, 0.2


def main(count: int) -> None:
    url = empty_database(DATABASE)
    requests = _prepared(url, count)
    rows = [_bare(url, requests["generic"])]
    with page_server(url) as (port, pid):
        for kind in KINDS:
            rows.append((kind, *_timed(url, port, pid, requests[kind])))
    floor = rows[0][1]
    shown = [[name, rate, cpu, f"{floor / rate:.1f}×"] for name, rate, cpu in rows]
    print(f"{count} events each, one connection, one worker\n")
    print(table(["door", "requests/s", "CPU-ms a request", "the bare view's time"], shown))
    print(_exactly_once(url))


def _prepared(url: str, count: int) -> dict[str, list[Request]]:
    """Channels of every kind, and what their providers post to them."""
    os.environ |= {**environment(url), "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    django.setup()
    posts = import_module("bench.posts")  # it needs what was just set up
    return {kind: list(posts.said(posts.provider(kind), count, PEOPLE)) for kind in KINDS}


def _bare(url: str, requests: Sequence[Request]) -> tuple[str, float, float]:
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    with _bare_server(url) as (port, pid):
        return "floor: a bare Django view that stores the body", *_timed(url, port, pid, requests)


@contextmanager
def _bare_server(url: str) -> Iterator[tuple[int, int]]:
    collect_static(url)
    port = free_port()
    with serving(port, environment(url, DJANGO_SETTINGS_MODULE="bench.bare_settings")) as pid:
        yield port, pid


def _timed(url: str, port: int, pid: int, requests: Sequence[Request]) -> tuple[float, float]:
    """Requests a second over one connection, and the server's processor milliseconds for each."""
    _post(port, requests[:PEOPLE])
    with psycopg.connect(url) as link:  # who they are is asked once, by a worker, which is not what is measured here
        link.execute("UPDATE customers_identity SET profile_at = now()")
    before, began = cpu_of(pid), time.perf_counter()
    _post(port, requests[PEOPLE:])
    seconds = time.perf_counter() - began
    many = len(requests) - PEOPLE
    return many / seconds, (cpu_of(pid) - before) / many * 1000


def _post(port: int, requests: Sequence[Request]) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port)
    for path, body, headers in requests:
        link.request("POST", path, body, headers)
        answer = link.getresponse()
        said = answer.read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{path}: {answer.status} {said[:200]!r}")


def _exactly_once(url: str) -> str:
    """Every fifth request comes again, all in random order by several connections at once: each must count once."""
    kinds = ("whatsapp", "telegram", "line", "kakao", "twilio")
    posts = import_module("bench.posts")
    providers = [posts.provider(kind) for kind in kinds]
    once = [one for each in providers for one in posts.said(each, int(SHUFFLED * (1 - TWICE)) // len(kinds), PEOPLE)]
    dice = random.Random(20260101)
    many = [*once, *dice.sample(once, SHUFFLED - len(once))]
    dice.shuffle(many)
    began = time.perf_counter()
    with page_server(url) as (port, _pid):
        senders = [threading.Thread(target=_post, args=(port, many[n::AT_ONCE])) for n in range(AT_ONCE)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    seconds = time.perf_counter() - began
    found, wanted = _rows(url, providers)
    if found != wanted:
        raise RuntimeError(f"wrong rows: {json.dumps({'found': found, 'wanted': wanted})}")
    return (
        f"\n{len(many):,} web hooks, {len(many) - len(once):,} of them repeated, in random order, {AT_ONCE} at once:"
        f" {len(many) / seconds:.0f}/s, and every row as it should be ({json.dumps(found)})."
    )


def _rows(url: str, providers: Sequence[Provider]) -> tuple[dict[str, int], dict[str, int]]:
    tokens = [one.account.token for one in providers]
    said = int(SHUFFLED * (1 - TWICE))
    with psycopg.connect(url) as link:
        row = link.execute(
            "SELECT count(*), count(DISTINCT (m.channel_id, m.external_id)), count(DISTINCT (m.channel_id, m.text)),"
            " count(DISTINCT (m.channel_id, m.identity_id)), (SELECT count(*) FROM channels_app_envelope e"
            " WHERE e.channel_id = ANY(array_agg(DISTINCT c.id)) AND e.state <> 'processed')"
            " FROM conversations_message m JOIN channels_app_channel c ON c.id = m.channel_id WHERE c.token = ANY(%s)",
            [tokens],
        ).fetchone()
        split = link.execute(
            "SELECT count(*) FROM (SELECT m.identity_id FROM conversations_message m JOIN channels_app_channel c"
            " ON c.id = m.channel_id WHERE c.token = ANY(%s) GROUP BY m.identity_id"
            " HAVING count(DISTINCT m.conversation_id) > 1) broken",
            [tokens],
        ).fetchone()
    names = ("messages", "ids", "texts", "people", "not understood")
    found = dict(zip(names, row or (), strict=True)) | {"people in two conversations": (split or (0,))[0]}
    people = PEOPLE * len(providers)
    wanted = {"messages": said, "ids": said, "texts": said, "people": people, "not understood": 0}
    return found, wanted | {"people in two conversations": 0}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
