"""A visitor's news as server-sent events: the same "look again" as by the socket, for programs that speak plain HTTP.

`GET` with `Authorization: Bearer SESSION`. Events are `ready`, `pull` and `typing` (data: `{"name": …}`); a comment every
20 seconds keeps the line open. It ends with the session: open a new session, then a new stream, and pull once.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any

from channels.db import database_sync_to_async

from conversations.consumers.base import Receive, Send
from conversations.consumers.visitor import topics_of
from conversations.live.bus import Nudge
from conversations.live.hub import current_hub
from conversations.models import Visitor
from conversations.visits.passes import SESSION_SECONDS, session_of
from conversations.visits.shown import is_admitted_app

KEEP_ALIVE_SECONDS = 20
# A visitor who has said nothing yet has no topic; the first message may give one at any moment.
LOOK_SECONDS = 2

Headers = list[tuple[bytes, bytes]]


async def stream(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one stream until the listener goes or the session ends."""
    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    session = session_of(given.get("authorization", "").removeprefix("Bearer "))
    visitor = await visitor_of(session.visitor) if session else None
    allowed = await database_sync_to_async(cors)(visitor, given.get("origin", "")) if visitor else []
    if scope["method"] == "OPTIONS":
        return await _answer(send, 204, PREFLIGHT)
    if scope["method"] != "GET" or visitor is None:
        return await _answer(send, 401 if scope["method"] == "GET" else 405, allowed)
    return await VisitorStream(visitor.pk, send).run(receive, allowed)


# Who asks is not known before the request itself, which is refused to any other site: its answer names no origin.
PREFLIGHT: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"authorization"),
    (b"access-control-max-age", b"3600"),
]


class VisitorStream:
    """One response that stays open; the hub sees it as it sees a socket."""

    def __init__(self, visitor_pk: int, send: Send) -> None:
        self.visitor_pk, self.send = visitor_pk, send
        self.topics: set[str] = set()
        self.last_heard = time.monotonic()
        self.ends_at = self.last_heard + SESSION_SECONDS

    async def run(self, receive: Receive, allowed: Headers) -> None:
        """Send news until the listener goes or the session ends."""
        await self.send({"type": "http.response.start", "status": 200, "headers": [*STREAMED, *allowed]})
        try:
            await self._look()
            await self.tell("ready")
            await self._stay(asyncio.ensure_future(_gone(receive)))
        finally:
            for topic in self.topics:
                current_hub().unwatch(self, topic)
        await self.send({"type": "http.response.body", "body": b""})

    async def _stay(self, gone: asyncio.Future[None]) -> None:
        spoken_at = time.monotonic()
        try:
            while not gone.done() and time.monotonic() < self.ends_at:
                await asyncio.wait({gone}, timeout=KEEP_ALIVE_SECONDS if self.topics else LOOK_SECONDS)
                self.last_heard = time.monotonic()
                if not self.topics and await self._look():
                    await self.tell("pull")
                if self.last_heard - spoken_at >= KEEP_ALIVE_SECONDS:
                    spoken_at = self.last_heard
                    await self._write(b":\n\n")
        finally:
            gone.cancel()

    async def _look(self) -> bool:
        """Watch what the visitor may hear of; whether there is something."""
        for topic in await topics_of(self.visitor_pk):
            self.topics.add(topic)
            current_hub().watch(self, topic)
        return bool(self.topics)

    async def forward(self, nudge: Nudge, text: str) -> None:
        """As the socket does: that something changed, and an agent's typing to this visitor."""
        if nudge.get("kind", "seen") == "seen":
            await self.tell("pull")
        elif nudge["kind"] == "typing" and str(nudge["topic"]).startswith("visitor-"):
            await self.tell("typing", name=nudge.get("name", ""))

    async def expire(self) -> None:
        """The hub takes it for dead: end with the next look."""
        self.ends_at = 0.0

    async def tell(self, event: str, **data: object) -> None:
        """Send one event."""
        await self._write(f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

    async def _write(self, body: bytes) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": True})


STREAMED: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b""})


@database_sync_to_async
def visitor_of(pk: int) -> Visitor | None:
    """The visitor of a session whose channel is on."""
    visitor = Visitor.objects.select_related("channel").filter(pk=pk, channel__is_enabled=True).first()
    return None if visitor is None or visitor.has_ended else visitor


def cors(visitor: Visitor, origin: str) -> Headers:
    """Let scripts of admitted sites read the stream."""
    return [(b"access-control-allow-origin", origin.encode("latin-1"))] if is_admitted_app(visitor, origin) else []
