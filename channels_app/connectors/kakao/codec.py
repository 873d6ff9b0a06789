"""The seam between counsel talk and those who relay it: each speaks a dialect of its own."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import ClassVar

from channels_app.connectors.kakao.events import Event
from channels_app.connectors.tolerant import Json
from channels_app.contract import OutboundMessage, Receipt

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})


class Codec(abc.ABC):
    """One relay: how it tells what happened, and how it wants to be told."""

    # What its web hooks want to hear, else it repeats them.
    acknowledgement: ClassVar[Mapping[str, object]] = {}

    def __init__(self, sender_key: str) -> None:
        self.sender_key = sender_key

    @abc.abstractmethod
    def name_of(self, path: str) -> str:
        """The event that was posted below the hook's address; blank for what is none."""

    @abc.abstractmethod
    def sender_of(self, said: Json) -> str:
        """The sender profile that a request names."""

    @abc.abstractmethod
    def read(self, name: str, said: Json) -> Event:
        """A request in the form that all relays share."""

    @abc.abstractmethod
    def send(self, message: OutboundMessage) -> Receipt:
        """Send one text, or one file; raises DeliveryError."""

    @abc.abstractmethod
    def end(self, user_key: str, *, bot_event: str = "") -> None:
        """End the session, and go on with a block of the bot where one is named; raises DeliveryError."""

    @abc.abstractmethod
    def check(self) -> None:
        """Prove that the relay lets us in; raises DeliveryError."""


def bubble(content_type: str) -> str:
    """The type of message in which a file goes; pictures of other kinds go as files."""
    if content_type in PICTURES:
        return "IMAGE"
    return {"video": "VIDEO", "audio": "AUDIO"}.get(content_type.partition("/")[0], "FILE")
