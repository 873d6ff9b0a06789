"""What carries nudges between processes: PostgreSQL's LISTEN/NOTIFY, or Redis when REDIS_URL is set.

A bus knows two things: `send` one payload to every process, and `listen` until the link breaks. `MemoryBus` is a real bus
that stays inside its process; tests read from it what was announced.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Callable
from functools import cache
from typing import Any, Protocol

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.module_loading import import_string

Nudge = dict[str, int | str]

CHANNEL = "ieum_live"
# A link that is silent this long is asked whether it still lives.
SILENCE_SECONDS = 20


class BusLost(Exception):
    """The link to the bus broke; reconnect and catch up."""


class Bus(Protocol):
    def send(self, payload: str) -> None:
        """Give the payload to every process that listens."""

    def listen(self, on_ready: Callable[[], None]) -> AsyncGenerator[str]:
        """Yield payloads; call `on_ready` once nothing sent from now on can be missed; raise BusLost when the link breaks."""


class PostgresBus:
    """NOTIFY on the thread's own connection; one LISTEN connection a process."""

    def send(self, payload: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])

    async def listen(self, on_ready: Callable[[], None]) -> AsyncGenerator[str]:
        try:
            async with await psycopg.AsyncConnection.connect(**_own_connection(), autocommit=True) as link:
                await link.execute(f"LISTEN {CHANNEL}")
                on_ready()
                while True:
                    async for notification in link.notifies(timeout=SILENCE_SECONDS):
                        yield notification.payload
                    await asyncio.wait_for(link.execute("SELECT 1"), SILENCE_SECONDS)
        except (psycopg.Error, OSError, TimeoutError) as lost:
            raise BusLost(str(lost)) from lost


def _own_connection() -> dict[str, Any]:
    """Return what opens a connection like Django's, less what only Django's wrapper understands."""
    wanted = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        wanted.pop(name, None)
    return {"connect_timeout": 10, "application_name": "ieum-live", **wanted}


class MemoryBus:
    """For tests: keeps what was sent, and hands it to listeners of the same process, in whichever thread they run."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.listeners: dict[asyncio.Queue[str], asyncio.AbstractEventLoop] = {}

    def send(self, payload: str) -> None:
        self.sent.append(payload)
        for queue, loop in list(self.listeners.items()):
            # A loop that was closed without its listeners has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(queue.put_nowait, payload)

    async def listen(self, on_ready: Callable[[], None]) -> AsyncGenerator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.listeners[queue] = asyncio.get_running_loop()
        on_ready()
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.pop(queue, None)


def probe(seconds: float = 3) -> None:
    """Send a nudge nobody watches and hear it again; raise BusLost when it does not come round in time."""
    failures: list[str] = []
    payload = f'[{{"topic":"probe-{uuid.uuid4().hex}"}}]'
    try:
        asyncio.run(asyncio.wait_for(_round_trip(current_bus(), payload, failures), seconds))
    except TimeoutError as lost:
        raise BusLost(*failures or [f"a nudge did not come round in {seconds:g} s"]) from lost


async def _round_trip(bus: Bus, payload: str, failures: list[str]) -> None:
    loop = asyncio.get_running_loop()

    def on_ready() -> None:
        loop.run_in_executor(None, _send, bus, payload, failures)

    async with contextlib.aclosing(bus.listen(on_ready)) as heard:
        async for arrived in heard:
            if arrived == payload:
                return


def _send(bus: Bus, payload: str, failures: list[str]) -> None:
    # A thread of the loop has its own database connection, which nobody else would close.
    with contextlib.closing(connection):
        try:
            bus.send(payload)
        except Exception as failure:  # noqa: BLE001 - in this thread nobody would see it
            failures.append(str(failure))


def current_bus() -> Bus:
    """Return the bus that the settings name; there is always one, never silently none."""
    return _bus(settings.REDIS_URL)


@cache
def _bus(url: str) -> Bus:
    if not url:
        return PostgresBus()
    if url == "memory://":
        return MemoryBus()
    if url.startswith(("redis://", "rediss://", "unix://")):
        # Six megabytes that a desk without Redis need not carry.
        return import_string("conversations.live.redis_bus.RedisBus")(url)
    raise ImproperlyConfigured(f"REDIS_URL must start with redis://, rediss:// or unix://, not {url.split(':')[0]}:")
