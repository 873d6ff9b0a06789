"""Discord's gateway: one web socket for each account, by which the desk hears what people write.

Frames as Discord documents them: hello, identify or resume, heartbeats, dispatches with a number that only rises.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings

from channels_app.simulator import models, signing

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, HELLO, ACK = 0, 1, 2, 6, 10, 11
BEAT_MILLISECONDS = 40_000
LOOK_EVERY = 0.5
BAD_TOKEN = 4004
ADDRESS = re.compile(r"/simulator/api/([\w-]+)/gateway/?")
LOOPBACK = ("127.", "::1")


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one socket, of this machine alone."""
    await receive()
    found = ADDRESS.fullmatch(scope["path"])
    is_local = str((scope.get("client") or [""])[0]).startswith(LOOPBACK)
    if not (settings.SIMULATOR and found and is_local):
        return await send({"type": "websocket.close"})
    await send({"type": "websocket.accept"})
    with suppress(asyncio.CancelledError):
        await Session(found[1], receive, send).run()


class Session:
    """One connection: what it has been told so far."""

    def __init__(self, token: str, receive: Receive, send: Send) -> None:
        self.token, self.receive, self.send = token, receive, send
        self.told: int | None = None

    async def run(self) -> None:
        """Until the other side goes."""
        await self.say(HELLO, {"heartbeat_interval": BEAT_MILLISECONDS})
        heard = asyncio.ensure_future(self.receive())
        while True:
            await asyncio.wait({heard}, timeout=LOOK_EVERY)
            if heard.done():
                message = heard.result()
                if message["type"] == "websocket.disconnect" or not await self.take(json.loads(message["text"])):
                    return
                heard = asyncio.ensure_future(self.receive())
            await self.tell()

    async def take(self, frame: dict[str, Any]) -> bool:
        """Answer one frame; False where the connection ends."""
        if frame["op"] == HEARTBEAT:
            await self.say(ACK, None)
        elif frame["op"] in (IDENTIFY, RESUME):
            return await self.begin(frame)
        return True

    async def begin(self, frame: dict[str, Any]) -> bool:
        """Begin a session, or go on with one from the number that was heard last."""
        account = await sync_to_async(_account)(self.token)
        if (
            account is None
            or account.faults.get("expired_token")
            or frame["d"].get("token") != account.keys["bot_token"]
        ):
            await self.send({"type": "websocket.close", "code": BAD_TOKEN})
            return False
        newest = max((one["s"] for one in account.notes.get("gateway", [])), default=0)
        if frame["op"] == RESUME:
            self.told = int(frame["d"].get("seq") or 0)
            await self.say(DISPATCH, {}, t="RESUMED", s=max(self.told, newest))
            return True
        self.told = newest
        address = f"{settings.SIMULATOR_URL.replace('http', 'ws', 1)}/simulator/api/{self.token}/gateway"
        ready = {"v": 10, "session_id": signing.token()[:32], "resume_gateway_url": address, "guilds": []}
        await self.say(DISPATCH, {**ready, "user": {"id": account.keys["application_id"]}}, t="READY", s=newest)
        return True

    async def tell(self) -> None:
        """Pass on what has happened since."""
        if self.told is None or (account := await sync_to_async(_account)(self.token)) is None:
            return
        for event in account.notes.get("gateway", []):
            if event["s"] > self.told:
                self.told = event["s"]
                await self.send({"type": "websocket.send", "text": json.dumps(event)})

    async def say(self, op: int, data: object, **more: Any) -> None:
        await self.send({"type": "websocket.send", "text": json.dumps({"op": op, "d": data, **more})})


def _account(token: str) -> models.Account | None:
    return models.Account.objects.filter(channel__token=token).first()
