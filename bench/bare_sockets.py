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
    """The floor: told "40 in rounds" or "40 in a row", every socket gets so many frames, in turn or each its own at once."""
    await receive()
    await send({"type": "websocket.accept"})
    _sends.add(send)
    while (message := await receive())["type"] != "websocket.disconnect":
        count, _, order = message["text"].partition(" ")
        in_a_row = int(count) if order == "in a row" else 1
        for _ in range(int(count) // in_a_row):
            await _send_all(in_a_row)
    _sends.discard(send)


async def _send_all(in_a_row: int) -> None:
    sent = 0
    for send in list(_sends):
        for _ in range(in_a_row):
            await send({"type": "websocket.send", "text": TEXT})
        sent += in_a_row
        if sent >= TURN_AFTER:
            sent = 0
            await asyncio.sleep(0)


async def group(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The same through a group of the layer that comes with Channels, as every tutorial does it."""
    await receive()
    await send({"type": "websocket.accept"})
    channel = await _layer.new_channel()
    await _layer.group_add("all", channel)
    pump = asyncio.create_task(_pump(channel, send))
    while (message := await receive())["type"] != "websocket.disconnect":
        for _ in range(int(message["text"].partition(" ")[0])):
            await _layer.group_send("all", {"type": "websocket.send", "text": TEXT})
    pump.cancel()
    await _layer.group_discard("all", channel)


async def _pump(channel: str, send: Send) -> None:
    while True:
        await send(await _layer.receive(channel))
