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
from dataclasses import dataclass
from functools import partial

import psycopg

from bench import crowd, world
from bench.crowd import Socket
from bench.meter import Times, cpu_of, page_server, pss_of, socket_server, table

COME_AT_ONCE, FIRST = 25, 100
ROUNDS, STOCK_ROUNDS = 40, 4
TOPICS = 50
LISTENERS, VISITORS, WORDS_EACH = 100, 10, 20
BUS = "ieum_live"
TICKET = re.compile(r'data-ticket="([^"]+)"')

Row = tuple[str, str, float, float]


def main(count: int) -> None:
    url = world.url_of(1000)
    rows = asyncio.run(_deliveries(url, count))
    print(table([f"{count:,} sockets on one Daphne", "deliveries/s", "CPU-µs each", "KB a socket"], rows))
    print()
    times = asyncio.run(_chat(url))
    shown = [(name, f"{found.median:.1f}", f"{found.p95:.1f}") for name, found in times]
    print(table([f"until {LISTENERS} sockets have heard", "median ms", "p95 ms"], shown))


# ── Deliveries a second ──────────────────────────────────────────────────────────────────────────────────────────────
async def _deliveries(url: str, count: int) -> list[Row]:
    rows = []
    for name, program, rounds in (
        ("floor: bare sends, one to each in turn", "bench.bare_sockets:loop", f"{ROUNDS} in rounds"),
        (f"floor: bare sends, {ROUNDS} in a row to each", "bench.bare_sockets:loop", f"{ROUNDS} in a row"),
        ("a group of Channels' in-memory layer", "bench.bare_sockets:group", f"{STOCK_ROUNDS} in rounds"),
    ):
        async with _crowd(url, program, count) as crowded:
            say = partial(crowded.sockets[0].say, rounds)
            rows.append(await crowded.row(name, [say], int(rounds.split()[0])))
    async with _crowd(url, "helpdesk.asgi:application", count, await _cookie(url)) as crowded:
        with psycopg.connect(url, autocommit=True) as bus:
            one_topic = [partial(_notify, bus, "inbox-all", number) for number in range(ROUNDS)]
            rows.append(await crowded.row("our hub: a nudge to all, the next when all have it", one_topic, ROUNDS))
            burst = partial(_each_in, one_topic)
            rows.append(await crowded.row(f"our hub: {ROUNDS} nudges to all at once", [burst], ROUNDS))
            topics = [f"conversation-{1 + number}" for number in range(TOPICS)]
            spread = partial(_each_in, [partial(_notify, bus, topic, n) for n in range(ROUNDS) for topic in topics])
            name = f"our hub: {ROUNDS} nudges to each of {TOPICS} topics that {count // TOPICS} watch"
            rows.append(await crowded.row(name, [spread], ROUNDS))
    return rows


def _each_in(acts: Sequence[Callable[[], object]]) -> None:
    for act in acts:
        act()


@dataclass(frozen=True)
class Crowd:
    """Open sockets, the server's process, and what each socket costs it in memory."""

    sockets: list[Socket]
    pid: int
    kilobytes: float

    async def row(self, name: str, acts: Sequence[Callable[[], object]], rounds: int) -> Row:
        """Announce, waiting each time until all have heard; every socket gets a frame a round."""
        crowd.forget(self.sockets)
        total = rounds * len(self.sockets)
        cpu, began = cpu_of(self.pid), time.perf_counter()
        for number, act in enumerate(acts, 1):
            act()
            ended = await crowd.heard(self.sockets, total * number // len(acts))
        return name, f"{total / (ended - began):,.0f}", (cpu_of(self.pid) - cpu) / total * 1e6, self.kilobytes


@asynccontextmanager
async def _crowd(url: str, program: str, count: int, cookie: str = "") -> AsyncIterator[Crowd]:
    """Open sockets; the first are not counted in what one more costs."""
    with socket_server(url, program) as (port, pid):
        first = await _listening(port, FIRST, cookie)
        before = pss_of(pid)
        sockets = await _listening(port, count - len(first), cookie)
        yield Crowd([*first, *sockets], pid, (pss_of(pid) - before) / len(sockets))
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


def _notify(bus: psycopg.Connection, topic: str, conversation: int) -> None:
    nudges = [{"topic": topic, "conversation": conversation}]
    bus.execute("SELECT pg_notify(%s, %s)", [BUS, json.dumps(nudges, separators=(",", ":"))])


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
        _notify(bus, "inbox-all", 1)

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
