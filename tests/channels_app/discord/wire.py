"""Discord's side of the gateway on a real web socket: each connection is played by the next scene."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from channels_app.contract import LeaseLost

WAIT_SECONDS = 10.0


class Talk:
    """One connection, from the gateway's end."""

    def __init__(self, socket: ServerConnection, beat_seconds: float) -> None:
        self.socket = socket
        self.say(10, {"heartbeat_interval": beat_seconds * 1000})

    def say(self, op: int, data: Any = None, **more: Any) -> None:
        self.socket.send(json.dumps({"op": op, "d": data, **more}))

    def tell(self, name: str, number: int, **data: Any) -> None:
        """Dispatch an event."""
        self.say(0, data, t=name, s=number)

    def hear(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def close(self, code: int) -> None:
        self.socket.close(code)

    def wait(self) -> int | None:
        """Until the other side has gone: the code it went with."""
        try:
            while True:
                self.socket.recv(timeout=WAIT_SECONDS)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@dataclass
class Gateway:
    """Plays the scenes one after the other; what they raise is raised by `done`."""

    scenes: list[Callable[[Talk], None]]
    beat_seconds: float = 40.0
    heard: list[str] = field(default_factory=list)
    wrong: list[BaseException] = field(default_factory=list)
    server: Server | None = None

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def play(self, socket: ServerConnection) -> None:
        self.heard.append(str(socket.request.path) if socket.request else "")
        try:
            self.scenes.pop(0)(Talk(socket, self.beat_seconds))
        except BaseException as error:
            self.wrong.append(error)
            raise

    @contextmanager
    def running(self):
        with serve(self.play, "127.0.0.1", 0, ping_interval=None) as self.server:
            thread = threading.Thread(target=self.server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                self.server.shutdown()
                thread.join(WAIT_SECONDS)
        assert not self.wrong, self.wrong


@dataclass
class Tray:
    """An inlet that stays open until enough was kept, or until it is told to close."""

    enough: int = 10**6
    cursor: Mapping[str, Any] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    reports: int = 0
    closed: bool = False
    ends_at: float = field(default_factory=lambda: time.monotonic() + WAIT_SECONDS)

    @property
    def is_open(self) -> bool:
        assert time.monotonic() < self.ends_at, "it took too long"
        return not self.closed and len(self.kept) < self.enough

    def keep(self, body: bytes, *, cursor: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        if self.closed:
            raise LeaseLost("closed")
        self.kept.append(json.loads(body))
        self.cursor = json.loads(json.dumps(cursor))

    def skip(self, cursor: Mapping[str, Any]) -> None:
        self.cursor = json.loads(json.dumps(cursor))

    def report(self, *, waiting: int, oldest: Any) -> None:
        self.reports += 1

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
