"""One web socket to Discord, over a connection that the guarded door has allowed: frames in, frames out, what its end means."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.discord import api
from channels_app.contract import AccountFailure, DeliveryError

# Which ends of a connection mean what: refused for good, and begin a session anew. All others are resumed.
REFUSED = frozenset({4004, 4010, 4011, 4012, 4013, 4014})
ANEW = frozenset({1000, 1001, 4003, 4007, 4009})

# We end with a code of our own: 1000 would tell Discord to forget the session.
GOING_ON = 4000
OPEN_SECONDS, CLOSE_SECONDS = 10.0, 5.0
MOST_BYTES = 8 * http.MEGABYTE
VERSION = "?v=10&encoding=json"
_INTENT = _("Switch on “Message Content Intent” for the bot in Discord's developer portal.")


class Broken(Exception):
    """The connection is to be made again; `is_anew` where the session is lost."""

    def __init__(self, words: str, *, is_anew: bool = False) -> None:
        super().__init__(words)
        self.is_anew = is_anew


@contextmanager
def opened(address: str) -> Iterator[ClientConnection]:
    """A web socket over a connection that the guarded door has allowed; raises OSError or WebSocketException."""
    parts = urlsplit(address)
    host, is_tls = parts.hostname or "", parts.scheme == "wss"
    plain = _reached(http.check_host(host, port := parts.port or (443 if is_tls else 80)), port)
    try:
        link = connect(
            f"{address.rstrip('/')}/{VERSION}",
            sock=plain,
            ssl=ssl.create_default_context() if is_tls else None,
            server_hostname=host if is_tls else None,
            proxy=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            max_size=MOST_BYTES,
            user_agent_header="Ieum",
            legacy=True,
        )
        assert isinstance(link, ClientConnection)
    except BaseException:
        plain.close()
        raise
    try:
        yield link
    finally:
        link.close(GOING_ON)


def _reached(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first of the checked addresses that takes it; raises OSError."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=OPEN_SECONDS)
    return socket.create_connection((addresses[-1], port), timeout=OPEN_SECONDS)


def received(link: ClientConnection, seconds: float) -> tolerant.Json:
    """The next frame, empty where none came in time; raises Broken or DeliveryError."""
    try:
        frame = link.recv(timeout=seconds)
    except TimeoutError:
        return {}
    except ConnectionClosed as closed:
        raise _ended(closed) from closed
    return tolerant.peek(frame.encode() if isinstance(frame, str) else bytes(frame))


def say(link: ClientConnection, op: int, data: object) -> None:
    """Send one frame; raises Broken or DeliveryError."""
    try:
        link.send(json.dumps({"op": op, "d": data}))
    except ConnectionClosed as closed:
        raise _ended(closed) from closed


def _ended(closed: ConnectionClosed) -> Broken | DeliveryError:
    """What the end of a connection means."""
    code = closed.rcvd.code if closed.rcvd else 1006
    if code == 4004:
        return api.PROBLEMS["401"].failure("Discord: token refused", code="4004")
    if code in REFUSED:
        return AccountFailure(f"Discord: {code}", code=str(code), advice=_INTENT)
    return Broken(f"ended with {code}", is_anew=code in ANEW)
