"""The hub: one per web process; it hears the bus and forwards each nudge to the local sockets that watch its topic."""

import asyncio
import contextlib
import json
import logging
import random
import time
from collections.abc import Iterable, Iterator
from typing import Protocol
from weakref import WeakKeyDictionary

from conversations.live.bus import BusLost, Nudge, current_bus

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15
# A socket pings every 25 s; one that was silent this long is closed: it is dead, or asleep and will catch up.
SILENCE_SECONDS = 45
# Other work gets a turn after so many sends in a row.
SENDS_IN_A_ROW = 100


class Watcher(Protocol):
    """A socket as the hub sees it."""

    last_heard: float

    async def forward(self, nudge: Nudge, text: str) -> None:
        """Send `text`, which is the nudge as JSON."""

    async def expire(self) -> None:
        """Close: nothing was heard for too long."""


class Hub:
    """Topics, who watches them, and what waits to be told them.

    Nudges that arrive while a round of sends is under way merge by topic and ids, so a burst costs each socket one message
    and a backlog cannot grow.
    """

    def __init__(self) -> None:
        self.is_listening = False
        self._watchers: dict[str, set[Watcher]] = {}
        self._waiting: dict[tuple[object, ...], Nudge] = {}
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def watch(self, watcher: Watcher, topic: str) -> None:
        """Forward nudges of `topic` to the watcher from now on; the caller has checked that it may see them."""
        self._start()
        self._watchers.setdefault(topic, set()).add(watcher)

    def unwatch(self, watcher: Watcher, topic: str) -> None:
        """Stop forwarding `topic`; harmless when it was not watched."""
        watchers = self._watchers.get(topic, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(topic, None)

    def topics(self) -> set[str]:
        """Return what is watched here."""
        return set(self._watchers)

    def hear(self, nudges: list[Nudge]) -> None:
        """Queue nudges for the next round, merged with those that wait."""
        for nudge in nudges:
            if nudge["topic"] in self._watchers:
                _merge(self._waiting, nudge)
        if self._waiting:
            self._news.set()

    def stop(self) -> None:
        """End the hub's tasks."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.is_listening = False

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(job()) for job in (self._listen, self._fan_out, self._expire_silent)]

    async def _listen(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async for payload in current_bus().listen(self._catch_up):
                    pause = FIRST_PAUSE_SECONDS
                    self.hear(json.loads(payload))
            except BusLost as lost:
                logger.warning("live.bus_lost", extra={"reason": str(lost).strip(), "pause_seconds": pause})
            except Exception:
                logger.exception("live.bus_failed")
            self.is_listening = False
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _catch_up(self) -> None:
        """The link is up: whatever was sent before may have been missed, so every topic looks again."""
        self.is_listening = True
        self.hear([{"topic": topic} for topic in self._watchers])

    async def _fan_out(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            waiting, self._waiting = self._waiting, {}
            sends = 0
            for watcher, letters in self._by_watcher(waiting.values()).items():
                with _going_on("live.forward_failed"):
                    for nudge, text in letters:
                        await watcher.forward(nudge, text)
                sends += len(letters)
                if sends >= SENDS_IN_A_ROW:
                    sends = 0
                    await asyncio.sleep(0)

    def _by_watcher(self, nudges: Iterable[Nudge]) -> dict[Watcher, list[tuple[Nudge, str]]]:
        """All that a socket is to be told at once: the server then writes it to the wire as one piece."""
        letters: dict[Watcher, list[tuple[Nudge, str]]] = {}
        for nudge in nudges:
            text = json.dumps(nudge, separators=(",", ":"))
            for watcher in self._watchers.get(str(nudge["topic"]), ()):
                letters.setdefault(watcher, []).append((nudge, text))
        return letters

    async def _expire_silent(self) -> None:
        while True:
            await asyncio.sleep(SILENCE_SECONDS / 9)
            oldest = time.monotonic() - SILENCE_SECONDS
            for watcher in {watcher for watchers in self._watchers.values() for watcher in watchers}:
                if watcher.last_heard < oldest:
                    with _going_on("live.expire_failed"):
                        await watcher.expire()


def _merge(waiting: dict[tuple[object, ...], Nudge], nudge: Nudge) -> None:
    """Two nudges that differ in nothing but the revision are one, of the later revision."""
    key = tuple(sorted((name, value) for name, value in nudge.items() if name != "revision"))
    earlier = waiting.get(key)
    if earlier is None or _revision(earlier) <= _revision(nudge):
        waiting[key] = nudge


def _revision(nudge: Nudge) -> int:
    return int(nudge.get("revision", 0))


@contextlib.contextmanager
def _going_on(event: str) -> Iterator[None]:
    """One broken socket must not stop the round for the others."""
    try:
        yield
    except Exception:
        logger.exception(event)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """Return the hub of the running event loop; a web process has one loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
