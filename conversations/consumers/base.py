"""What every live socket does: answer pings, watch topics it may see, forward nudges, fall silent in order.

The browser sends small JSON objects with a `type`: `{"type": "ping"}`, `{"type": "watch", "topic": …}`,
`{"type": "unwatch", "topic": …}`. The socket answers `{"type": "pong"}`, `{"type": "watching", "topic": …}` or
`{"type": "refused", "topic": …}`, and forwards nudges as they come (live.py).
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from conversations import live
from conversations.live.bus import Nudge
from conversations.live.hub import current_hub

logger = logging.getLogger(__name__)

LARGEST_MESSAGE = 2_000
MOST_TOPICS = 64
# A person typing and switching conversations sends a handful a second; more is a broken page.
MOST_MESSAGES_IN_TEN_SECONDS = 200

SIGNED_OUT = 4401
TOO_MUCH = 4429
SILENT = 4408

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Handler = Callable[[dict[str, Any]], Awaitable[None]]


class LiveConsumer(AsyncWebsocketConsumer):
    """A socket of an agent or a visitor; subclasses say who may connect and which topics they may watch."""

    # Slots, here and below: a dict for each of a thousand sockets is a megabyte.
    __slots__ = ("base_send", "budget", "budget_ends", "last_heard", "scope", "topics")
    # Channels would look for a layer and its groups; live updates come by the hub.
    groups = ()
    channel_layer = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket in the task it has: Channels would add two tasks to wait for a channel layer that we do not use."""
        self.scope = scope
        self.base_send = send
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the method for an event of the server."""
        await getattr(self, get_handler_name(message))(message)

    async def admit(self) -> bool:
        """Say whether whoever connects is known; closed with 4401 otherwise."""
        raise NotImplementedError

    async def may_watch(self, topic: str) -> bool:
        """Say whether this socket's person may be told of changes to the topic."""
        raise NotImplementedError

    async def connect(self) -> None:
        self.topics: set[str] = set()
        self.last_heard = time.monotonic()
        self.budget_ends = 0.0
        self.budget = 0
        await self.accept()
        if not await self.admit():
            await self.close(SIGNED_OUT)

    async def disconnect(self, code: int) -> None:
        for topic in self.topics:
            current_hub().unwatch(self, topic)
        self.topics.clear()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.last_heard = time.monotonic()
        if not self._within_budget():
            return await self.close(TOO_MUCH)
        message = _read(text_data)
        handler: Handler | None = getattr(self, f"on_{message.get('type')}", None)
        if handler is None:
            logger.info("socket.message_ignored", extra={"consumer": type(self).__name__})
            return None
        return await handler(message)

    async def on_ping(self, message: dict[str, Any]) -> None:
        """Answer, so that the page knows the line is alive."""
        await self.tell({"type": "pong"})

    async def on_watch(self, message: dict[str, Any]) -> None:
        """Watch one topic if it may be seen; the answer makes the page look once, which is its catch-up."""
        topic = str(message.get("topic", ""))
        has_room = topic in self.topics or len(self.topics) < MOST_TOPICS
        if allowed := has_room and await self.may_watch(topic):
            self.watch(topic)
        else:
            await self.on_unwatch(message)
        await self.tell({"type": "watching" if allowed else "refused", "topic": topic})

    async def on_unwatch(self, message: dict[str, Any]) -> None:
        """Stop watching one topic."""
        topic = str(message.get("topic", ""))
        self.topics.discard(topic)
        current_hub().unwatch(self, topic)

    def watch(self, topic: str) -> None:
        """Watch a topic that the caller has authorised."""
        self.topics.add(topic)
        current_hub().watch(self, topic)

    async def forward(self, nudge: Nudge, text: str) -> None:
        """Pass a nudge on; straight to the server, since this is the hottest line of the process."""
        await self.base_send({"type": "websocket.send", "text": text})

    async def expire(self) -> None:
        """Close a socket that was silent for too long."""
        await self.close(SILENT)

    async def tell(self, message: dict[str, Any]) -> None:
        """Send one JSON object to this socket alone."""
        await self.send(text_data=json.dumps(message, separators=(",", ":")))

    async def say(self, topic: str, kind: str, **ids: int | str) -> None:
        """Send an ephemeral message to everyone who watches a topic that this socket watches too."""
        if topic in self.topics:
            await database_sync_to_async(live.say)(topic, kind, **ids)

    def _within_budget(self) -> bool:
        if self.last_heard > self.budget_ends:
            self.budget_ends, self.budget = self.last_heard + 10, MOST_MESSAGES_IN_TEN_SECONDS
        self.budget -= 1
        return self.budget >= 0


def _read(text: str | None) -> dict[str, Any]:
    """Return the message, or an empty one for whatever is not a small JSON object."""
    if text is None or len(text) > LARGEST_MESSAGE:
        return {}
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
