"""What a customer can do on their phone."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Act(enum.StrEnum):
    """The kinds of doings; a provider plays those that its channel has."""

    TEXT = "text"
    MEDIA = "media"
    LOCATION = "location"
    CONTACT = "contact"
    REACT = "react"
    EDIT = "edit"
    DELETE = "delete"
    TAP = "tap"
    TYPE = "type"
    READ = "read"
    BLOCK = "block"
    UNBLOCK = "unblock"
    OPEN = "open"
    END = "end"
    OUTSIDE = "outside"
    COMMENT = "comment"
    CONSENT = "consent"
    CALL = "call"
    PRESS = "press"
    RECORD = "record"
    HANG_UP = "hang_up"
    ODD = "odd"


class Role(enum.StrEnum):
    """How a file was meant."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"


@dataclass(frozen=True)
class Upload:
    """A file that a customer sends."""

    name: str
    content_type: str
    content: bytes
    role: Role = Role.FILE


@dataclass(frozen=True)
class Place:
    """Where a customer is, or wants to meet."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True)
class Card:
    """Somebody's contact details."""

    name: str
    phone: str


@dataclass(frozen=True)
class Doing:
    """One thing that one customer does; `target` is the provider's id of the message that it is about.

    `choice` is the id of the button that was touched, `text` then its title; a pressed digit is the text of PRESS.
    """

    act: Act
    address: str
    text: str = ""
    upload: Upload | None = None
    target: str = ""
    emoji: str = ""
    choice: str = ""
    place: Place | None = None
    card: Card | None = None
    is_on: bool = True
    extra: dict[str, str] = field(default_factory=dict)
