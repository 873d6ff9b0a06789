"""Two ASGI programs to compare with: sends in a plain loop, and the group of Channels' own layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import InMemoryChannelLayer

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

TEXT = json.dumps({"topic": "inbox-all", "conversation": 123456}, separators=(",", ":"))
TURN_AFTER = 100

_sends: set[Send] = set()
_layer = InMemoryChannelLayer(capacity=10_000)


async def loop(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The floor: whatever number a socket sends, every socket gets so many frames."""
    await receive()
    await send({"type": "websocket.accept"})
    _sends.add(send)
    while (message := await receive())["type"] != "websocket.disconnect":
        await _send_all(int(message["text"]))
    _sends.discard(send)


async def _send_all(rounds: int) -> None:
    for _ in range(rounds):
        for number, send in enumerate(list(_sends)):
            await send({"type": "websocket.send", "text": TEXT})
            if number % TURN_AFTER == 0:
                await asyncio.sleep(0)


async def group(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The same through a group of the layer that comes with Channels, as every tutorial does it."""
    await receive()
    await send({"type": "websocket.accept"})
    channel = await _layer.new_channel()
    await _layer.group_add("all", channel)
    pump = asyncio.create_task(_pump(channel, send))
    while (message := await receive())["type"] != "websocket.disconnect":
        for _ in range(int(message["text"])):
            await _layer.group_send("all", {"type": "websocket.send", "text": TEXT})
    pump.cancel()
    await _layer.group_discard("all", channel)


async def _pump(channel: str, send: Send) -> None:
    while True:
        await send(await _layer.receive(channel))
