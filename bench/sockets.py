"""Live updates on one Daphne: deliveries a second to 1,000 sockets, memory a socket, a visitor's message to the agents.

`python -m bench.sockets [1000]`, on the desk of 1,000 conversations (bench/world.py).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg

from bench import crowd, world
from bench.crowd import Socket
from bench.meter import Times, page_server, pss_of, socket_server, table

COME_AT_ONCE, FIRST = 25, 100
ROUNDS, STOCK_ROUNDS = 40, 4
TOPICS = 50
LISTENERS, VISITORS, WORDS_EACH = 100, 10, 20
BUS = "ieum_live"
TICKET = re.compile(r'data-ticket="([^"]+)"')

Row = tuple[str, str, str]
Nudges = list[dict[str, int | str]]


def main(count: int) -> None:
    url = world.url_of(1000)
    rows = asyncio.run(_deliveries(url, count))
    print(table([f"{count:,} sockets on one Daphne", "deliveries/s", "KB a socket"], rows))
    print()
    times = asyncio.run(_chat(url))
    rows = [(name, f"{found.median:.1f}", f"{found.p95:.1f}") for name, found in times]
    print(table([f"until {LISTENERS} sockets have heard", "median ms", "p95 ms"], rows))


# ── Deliveries a second ──────────────────────────────────────────────────────────────────────────────────────────────
async def _deliveries(url: str, count: int) -> list[Row]:
    rows = []
    for name, program, rounds in (
        ("floor: bare sends in a loop", "bench.bare_sockets:loop", ROUNDS),
        ("a group of Channels' in-memory layer", "bench.bare_sockets:group", STOCK_ROUNDS),
    ):
        async with _crowd(url, program, count) as (sockets, kilobytes):
            began = time.perf_counter()
            sockets[0].say(str(rounds))
            rows.append((name, _rate(began, await crowd.heard(sockets, count * rounds), count * rounds), kilobytes))
    async with _crowd(url, "helpdesk.asgi:application", count, await _cookie(url)) as (sockets, kilobytes):
        with psycopg.connect(url, autocommit=True) as bus:
            spread = await _one_topic(bus, sockets), await _many_topics(bus, sockets)
    rows.append(("our hub: one topic, each notification of its own", spread[0], kilobytes))
    rows.append((f"our hub: {TOPICS} topics of {count // TOPICS} sockets each", spread[1], kilobytes))
    return rows


@asynccontextmanager
async def _crowd(url: str, program: str, count: int, cookie: str = "") -> AsyncIterator[tuple[list[Socket], str]]:
    """Open sockets, and what each one more costs the server in memory after the first."""
    with socket_server(url, program) as (port, pid):
        first = await _listening(port, FIRST, cookie)
        before = pss_of(pid)
        sockets = await _listening(port, count - len(first), cookie)
        kilobytes = (pss_of(pid) - before) / len(sockets)
        yield [*first, *sockets], f"{kilobytes:.1f}"
        crowd.leave([*first, *sockets])


async def _listening(port: int, count: int, cookie: str) -> list[Socket]:
    """Sockets that watch what a screen watches: the list and one conversation. They come a few at a time."""
    sockets: list[Socket] = []
    while len(sockets) < count:
        few = await crowd.gather(port, "/ws/desk/", min(COME_AT_ONCE, count - len(sockets)), cookie)
        if cookie:
            await _watch(few, len(sockets))
        sockets += few
    # The bus makes every topic look once when its link is up.
    await asyncio.sleep(1)
    crowd.forget(sockets)
    return sockets


async def _watch(sockets: Sequence[Socket], already: int) -> None:
    for number, socket in enumerate(sockets, already):
        socket.say('{"type":"watch","topic":"inbox-all"}')
        socket.say(f'{{"type":"watch","topic":"conversation-{1 + number % TOPICS}"}}')
    # "watching", twice each.
    await crowd.heard(sockets, 2 * len(sockets))


async def _one_topic(bus: psycopg.Connection, sockets: Sequence[Socket]) -> str:
    crowd.forget(sockets)
    began = time.perf_counter()
    for number in range(ROUNDS):
        _notify(bus, [{"topic": "inbox-all", "conversation": number}])
    total = ROUNDS * len(sockets)
    return _rate(began, await crowd.heard(sockets, total), total)


async def _many_topics(bus: psycopg.Connection, sockets: Sequence[Socket]) -> str:
    crowd.forget(sockets)
    began = time.perf_counter()
    for number in range(ROUNDS):
        for topic in range(1, TOPICS + 1):
            _notify(bus, [{"topic": f"conversation-{topic}", "message": number}])
    total = ROUNDS * len(sockets)
    return _rate(began, await crowd.heard(sockets, total), total)


def _notify(bus: psycopg.Connection, nudges: Nudges) -> None:
    bus.execute("SELECT pg_notify(%s, %s)", [BUS, json.dumps(nudges, separators=(",", ":"))])


def _rate(began: float, ended: float, count: int) -> str:
    return f"{count / (ended - began):,.0f}"


async def _cookie(url: str) -> str:
    return await asyncio.to_thread(world.log_in, url)


# ── A visitor's message to the agents ────────────────────────────────────────────────────────────────────────────────
async def _chat(url: str) -> list[tuple[str, Times]]:
    cookie = await _cookie(url)
    with socket_server(url) as (live, _pid), page_server(url) as (pages, _worker):
        sockets = await _listening(live, LISTENERS, cookie)
        with psycopg.connect(url, autocommit=True) as bus:
            floor = await _each(sockets, [_bare(bus)] * (VISITORS * WORDS_EACH))
            (token,) = bus.execute("SELECT token FROM channels_app_channel WHERE kind = 'webchat'").fetchone() or ("",)
        visitors = [await asyncio.to_thread(Visitor, pages, token) for _ in range(VISITORS)]
        words = [visitor.speak for _ in range(WORDS_EACH) for visitor in visitors]
        said = await _each(sockets, words)
        shown = await _each(sockets[:1], words[: VISITORS * 10], after=_Screen(pages, cookie))
        crowd.leave(sockets)
    return [
        ("floor: a bare NOTIFY", floor),
        ("a visitor's POST → vault, conversation, commit → every agent's socket", said),
        ("the same, and one agent has pulled the row", shown),
    ]


async def _each(
    sockets: Sequence[Socket], acts: Sequence[Callable[[], Awaitable[object]]], after: _Screen | None = None
) -> Times:
    """How long each act takes until every socket has heard of it, by a nudge of the list."""
    seconds = []
    for act in acts:
        heard = _awaited(sockets)
        began = time.perf_counter()
        doing = asyncio.ensure_future(act())
        async with asyncio.timeout(10):
            texts = await asyncio.gather(*heard)
        if after:
            await after.pull(json.loads(texts[0])["conversation"])
        seconds.append(time.perf_counter() - began)
        await doing
    return Times.of(seconds)


def _awaited(sockets: Sequence[Socket]) -> list[asyncio.Future[bytes]]:
    return [_next_of_list(socket) for socket in sockets]


def _next_of_list(socket: Socket) -> asyncio.Future[bytes]:
    found: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(text: bytes) -> None:
        if b'"inbox-all"' in text and b'"conversation"' in text and not found.done():
            found.set_result(text)

    socket.on_text = take
    return found


def _bare(bus: psycopg.Connection) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        _notify(bus, [{"topic": "inbox-all", "conversation": 1}])

    return act


class Visitor:
    """A browser with the panel open: it has a session and speaks over one connection."""

    def __init__(self, port: int, token: str) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.path = f"/w/{token}/"
        panel = self._ask("GET", f"{self.path}?popout").decode()
        ticket = TICKET.search(panel)
        assert ticket, panel[:300]
        opened = json.loads(self._ask("POST", f"{self.path}session/", {"ticket": ticket[1]}))
        self.session = opened["session"]

    async def speak(self) -> None:
        sent = {"client_id": str(uuid.uuid4()), "text": "안녕하세요, 주문한 램프는 언제 오나요?"}
        await asyncio.to_thread(self._ask, "POST", f"{self.path}messages/", sent, self.session)

    def _ask(self, method: str, path: str, sent: object = None, session: str = "") -> bytes:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {session}"}
        self.link.request(method, path, json.dumps(sent) if sent else None, headers)
        return _body(self.link, path)


class _Screen:
    """An agent's page: told of a conversation, it pulls that row."""

    def __init__(self, port: int, cookie: str) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.cookie = cookie

    async def pull(self, conversation: int) -> None:
        await asyncio.to_thread(self._pull, f"/inbox/all/rows/?ids={conversation}")

    def _pull(self, path: str) -> None:
        self.link.request("GET", path, headers={"Cookie": self.cookie})
        _body(self.link, path)


def _body(link: http.client.HTTPConnection, path: str) -> bytes:
    answer = link.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return body


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
