"""The hub: forwards to those who watch, merges bursts, survives broken sockets and a broken bus."""

import asyncio
import json
import time

import pytest

from conversations.live import hub as hubs
from conversations.live.bus import BusLost, MemoryBus, _bus
from conversations.live.hub import Hub


class Socket:
    """A watcher that keeps what it was sent."""

    def __init__(self, fails=False):
        self.got, self.fails, self.expired = [], fails, False
        self.last_heard = time.monotonic()

    async def forward(self, nudge, text):
        if self.fails:
            raise ConnectionResetError
        self.got.append(json.loads(text))

    async def expire(self):
        self.expired = True


class FlakyBus(MemoryBus):
    """Breaks whenever it is told to."""

    async def listen(self, on_ready):
        async for payload in super().listen(on_ready):
            if payload == "break":
                raise BusLost("told to")
            yield payload


async def until(condition):
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def run(settings, monkeypatch):
    """Run a scenario with a hub of its own on a bus of its own."""
    settings.REDIS_URL = "memory://"
    bus = FlakyBus()
    monkeypatch.setattr(hubs, "current_bus", lambda: bus)
    monkeypatch.setattr(hubs, "FIRST_PAUSE_SECONDS", 0.01)

    def runner(scenario):
        async def main():
            hub = Hub()
            try:
                await scenario(hub, bus)
            finally:
                hub.stop()

        asyncio.run(main())

    yield runner
    _bus.cache_clear()


def test_a_socket_is_told_all_that_waits_before_the_next_one(run):
    told = []

    class Named(Socket):
        async def forward(self, nudge, text):
            told.append((id(self), nudge.get("conversation")))

    async def scenario(hub, bus):
        for socket in (Named(), Named()):
            hub.watch(socket, "inbox-all")
        await until(lambda: hub.is_listening and len(told) == 2)
        told.clear()
        hub.hear([{"topic": "inbox-all", "conversation": number} for number in (1, 2, 3)])
        await until(lambda: len(told) == 6)
        assert [conversation for _, conversation in told] == [1, 2, 3, 1, 2, 3]
        assert len({socket for socket, _ in told[:3]}) == 1

    run(scenario)


def test_only_those_who_watch_a_topic_hear_of_it(run):
    async def scenario(hub, bus):
        one, two = Socket(), Socket()
        hub.watch(one, "conversation-1")
        hub.watch(two, "conversation-2")
        await until(lambda: hub.is_listening)
        await until(lambda: one.got and two.got)
        bus.send(json.dumps([{"topic": "conversation-1", "revision": 5}]))
        await until(lambda: len(one.got) == 2)
        assert one.got[-1] == {"topic": "conversation-1", "revision": 5}
        assert len(two.got) == 1
        hub.unwatch(one, "conversation-1")
        assert hub.topics() == {"conversation-2"}

    run(scenario)


def test_once_the_bus_is_there_every_topic_looks_again(run):
    async def scenario(hub, bus):
        socket = Socket()
        hub.watch(socket, "inbox-all")
        await until(lambda: socket.got == [{"topic": "inbox-all"}])
        bus.send("break")
        await until(lambda: socket.got == [{"topic": "inbox-all"}] * 2)
        assert hub.is_listening

    run(scenario)


def test_a_burst_merges_by_topic_and_ids_and_keeps_the_latest_revision(run):
    async def scenario(hub, bus):
        socket = Socket()
        hub.watch(socket, "inbox-all")
        await until(lambda: socket.got)
        burst = [{"topic": "inbox-all", "conversation": pk % 2, "revision": pk} for pk in range(100)]
        hub.hear([*burst, *reversed(burst)])
        await until(lambda: len(socket.got) >= 3)
        assert socket.got[1:] == [
            {"topic": "inbox-all", "conversation": 0, "revision": 98},
            {"topic": "inbox-all", "conversation": 1, "revision": 99},
        ]

    run(scenario)


def test_a_broken_socket_does_not_keep_the_news_from_others(run):
    async def scenario(hub, bus):
        broken, sound = Socket(fails=True), Socket()
        for socket in (broken, sound):
            hub.watch(socket, "inbox-all")
        await until(lambda: sound.got)
        hub.hear([{"topic": "inbox-all", "conversation": 7}])
        await until(lambda: {"topic": "inbox-all", "conversation": 7} in sound.got)

    run(scenario)


def test_a_silent_socket_is_closed_and_a_pinging_one_is_not(run, monkeypatch):
    monkeypatch.setattr(hubs, "SILENCE_SECONDS", 0.09)

    async def scenario(hub, bus):
        silent, alive = Socket(), Socket()
        alive.last_heard += 3600
        for socket in (silent, alive):
            hub.watch(socket, "inbox-all")
        await until(lambda: silent.expired)
        assert not alive.expired

    run(scenario)


def test_rubbish_on_the_bus_does_not_end_the_hub(run):
    async def scenario(hub, bus):
        socket = Socket()
        hub.watch(socket, "inbox-all")
        await until(lambda: socket.got)
        bus.send("{not json")
        await until(lambda: len(socket.got) == 2)

    run(scenario)
