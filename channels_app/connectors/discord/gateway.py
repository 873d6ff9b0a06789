"""Listening at Discord's gateway: one web socket that is kept alive, resumed where it broke, and begun anew where it must be.

Codes and fields as in Discord's documentation of the gateway (version 10), partly from memory.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from channels_app.connectors import tolerant
from channels_app.connectors.discord import api, inbound
from channels_app.connectors.discord.link import OPEN_SECONDS, Broken, opened, received, say
from channels_app.contract import (
    Connector,
    DeliveryError,
    Inlet,
    PermanentFailure,
    TemporaryFailure,
)

# What a frame is for.
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
# Messages, reactions and typing in servers and alone; the contents of messages in servers only where they are read.
INTENTS = sum(1 << bit for bit in (9, 10, 11, 12, 13, 14))
MESSAGE_CONTENT = 1 << 15
# After a break, a moment for oneself; so many connections on which nothing was heard are a failure.
LEAST_PAUSE, MOST_PAUSE = 1.0, 5.0
MOST_MUTE = 2
# The lease has to be asked for at least so often.
LISTEN_SECONDS = 5.0
# So many channels are remembered, and so many messages fetched in each, when a session could not be resumed.
MOST_CHANNELS, MOST_MISSED = 100, 100

_SESSIONS = _("Discord lets this bot connect only so often a day; somebody else may be using its token. Try tomorrow.")


def watch(connector: Connector, inlet: Inlet, scene: inbound.Scene) -> None:
    """Listen until the inlet closes; raises DeliveryError where the gateway cannot be reached or refuses us."""
    listener = Listener(connector, inlet, scene)
    while inlet.is_open:
        try:
            with opened(listener.address) as link:
                listener.listen(link)
        except Broken as broken:
            listener.broke(str(broken), is_anew=broken.is_anew)
        except (OSError, WebSocketException) as error:
            listener.broke(f"{type(error).__name__}: {error}"[:300], is_there=False)


@dataclass
class Listener:
    """One account's place in the stream of events; it outlives the connections."""

    connector: Connector
    inlet: Inlet
    scene: inbound.Scene
    session: str = ""
    resume_address: str = ""
    number: int = 0
    written: int = 0
    # channel → the server it is in, and the last message that we have of it
    last: dict[str, tuple[str, str]] = field(default_factory=dict)
    mute: int = 0
    beat_every: float = 40.0
    beat_at: float = 0.0
    is_alive: bool = True

    def __post_init__(self) -> None:
        cursor = self.inlet.cursor
        if cursor.get("bot") != self.scene.bot:
            return
        self.session, self.resume_address = str(cursor.get("session", "")), str(cursor.get("address", ""))
        self.number = self.written = int(cursor.get("number", 0))
        self.last = {channel: (guild, after) for channel, (guild, after) in cursor.get("last", {}).items()}

    @property
    def cursor(self) -> Mapping[str, Any]:
        return {
            "bot": self.scene.bot,
            "session": self.session,
            "address": self.resume_address,
            "number": self.number,
            "last": self.last,
        }

    @property
    def address(self) -> str:
        """Where to connect: where the session may be resumed, else where Discord says now. Raises DeliveryError."""
        if self.session and self.resume_address:
            return self.resume_address
        said = api.ask(self.connector, "GET", "/gateway/bot")
        left = tolerant.number(said, "session_start_limit", "remaining")
        if left is not None and left < 1:
            raise TemporaryFailure("no sessions left today", code="sessions", advice=_SESSIONS)
        return tolerant.text(said, "url")

    def broke(self, words: str, *, is_anew: bool = False, is_there: bool = True) -> None:
        """Get ready for the next connection: the session may be lost, or the place where it could be resumed.

        Raises TemporaryFailure where nothing has been heard for several connections.
        """
        if is_anew:
            self.session, self.number = "", 0
        if is_anew or not is_there:
            self.resume_address = ""
            self.inlet.skip(self.cursor)
        self.mute += 1
        if self.mute >= MOST_MUTE:
            raise TemporaryFailure(words, code="gateway")
        self.inlet.pause(random.uniform(LEAST_PAUSE, MOST_PAUSE))  # noqa: S311

    # ── One connection ───────────────────────────────────────────────────────────────────────────────────────────────
    def listen(self, link: ClientConnection) -> None:
        """Until the inlet closes or the connection ends; raises Broken or DeliveryError."""
        hello = received(link, OPEN_SECONDS)
        if tolerant.number(hello, "op") != HELLO:
            raise Broken("no hello")
        self.beat_every = max(1.0, (tolerant.number(hello, "d", "heartbeat_interval") or 40_000) / 1000)
        # The first beat at a moment of one's own, so that not all clients beat at once after an outage.
        self.beat_at, self.is_alive = time.monotonic() + self.beat_every * random.random(), True  # noqa: S311
        self._introduce(link)
        while self.inlet.is_open:
            self._beat_if_due(link)
            wait = min(LISTEN_SECONDS, max(0.05, self.beat_at - time.monotonic()))
            if frame := received(link, wait):
                self._take(link, frame)
        self._write_down()

    def _introduce(self, link: ClientConnection) -> None:
        token = self.connector.account.secrets.get("bot_token", "")
        if self.session:
            say(link, RESUME, {"token": token, "session_id": self.session, "seq": self.number})
            return
        intents = INTENTS | (MESSAGE_CONTENT if self.scene.channels else 0)
        properties = {"os": "linux", "browser": "Ieum", "device": "Ieum"}
        say(link, IDENTIFY, {"token": token, "intents": intents, "properties": properties})

    def _beat_if_due(self, link: ClientConnection) -> None:
        """A beat that was not answered means that the other side is gone, though the connection stands."""
        if time.monotonic() < self.beat_at:
            return
        if not self.is_alive:
            raise Broken("no answer to a heartbeat")
        self._beat(link)
        self._write_down()

    def _beat(self, link: ClientConnection) -> None:
        self.is_alive, self.beat_at = False, time.monotonic() + self.beat_every
        say(link, HEARTBEAT, self.number or None)

    def _take(self, link: ClientConnection, frame: tolerant.Json) -> None:
        op = tolerant.number(frame, "op")
        if op == DISPATCH:
            self._dispatched(frame)
        elif op == HEARTBEAT:
            self._beat(link)
        elif op == RECONNECT:
            raise Broken("asked to connect again")
        elif op == INVALID:
            raise Broken("the session is void", is_anew=frame.get("d") is not True)
        elif op == ACK:
            self.is_alive = True
            self.inlet.report(waiting=0, oldest=None)

    # ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _dispatched(self, frame: tolerant.Json) -> None:
        name, event = tolerant.text(frame, "t"), tolerant.obj(frame, "d")
        self.number = tolerant.whole(frame, "s") or self.number
        self.mute = 0
        if name == "READY":
            self._begun(event)
        elif name == "RESUMED":
            self.inlet.report(waiting=0, oldest=None)
        elif inbound.concerns(frame, self.scene):
            self._keep(frame, event)

    def _begun(self, ready: tolerant.Json) -> None:
        """A new session knows nothing of what was said between two: that is asked for."""
        self.session, self.resume_address = (
            tolerant.text(ready, "session_id"),
            tolerant.text(ready, "resume_gateway_url"),
        )
        for channel, (guild, after) in list(self.last.items()):
            with suppress(PermanentFailure):  # a channel that is gone
                self._catch_up(channel, guild, after)
        self._write_down()
        self.inlet.report(waiting=0, oldest=None)

    def _catch_up(self, channel: str, guild: str, after: str) -> None:
        missed = api.listed(self.connector, f"/channels/{channel}/messages", after=after, limit=str(MOST_MISSED))
        for message in sorted(missed, key=lambda one: (len(tolerant.text(one, "id")), tolerant.text(one, "id"))):
            # What is fetched does not say which server it is from, and would pass for a direct message.
            event = {**message, "guild_id": guild} if guild else message
            frame = {"op": DISPATCH, "t": "MESSAGE_CREATE", "d": event}
            if inbound.concerns(frame, self.scene):
                self._keep(frame, event)

    def _keep(self, frame: tolerant.Json, event: tolerant.Json) -> None:
        self._remember(frame, event)
        body = json.dumps({**frame, "session": self.session}).encode()
        self.inlet.keep(body, cursor=self.cursor, headers={"Content-Type": "application/json"})
        self.written = self.number
        if tolerant.text(frame, "t") == "INTERACTION_CREATE":
            self._answer(event)

    def _remember(self, frame: tolerant.Json, event: tolerant.Json) -> None:
        channel, number = tolerant.text(event, "channel_id"), tolerant.text(event, "id")
        if tolerant.text(frame, "t") == "MESSAGE_CREATE" and channel and number:
            self.last.pop(channel, None)
            newest = (channel, (tolerant.text(event, "guild_id"), number))
            self.last = dict([*self.last.items(), newest][-MOST_CHANNELS:])

    def _answer(self, event: tolerant.Json) -> None:
        """Whoever pressed a button is told that it failed unless it is answered within three seconds."""
        number, token = tolerant.text(event, "id"), tolerant.text(event, "token")
        with suppress(DeliveryError):
            api.ask(self.connector, "POST", f"/interactions/{number}/{token}/callback", {"type": 6})

    def _write_down(self) -> None:
        """How far we are, where the events since then were not for us."""
        if self.number != self.written:
            self.inlet.skip(self.cursor)
            self.written = self.number
