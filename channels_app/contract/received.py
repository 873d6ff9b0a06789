"""What comes in: addresses and messages. What is no message stands in news.py."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Address:
    """One end of a message.

    `value` is normalised; `is_local` says that the id only holds within the channel's account; `is_suspect` that the
    sender's own domain disowns the message, so that it must not count as theirs.
    """

    kind: str
    value: str
    raw: str = ""
    name: str = ""
    is_verified: bool = False
    is_local: bool = False
    is_suspect: bool = False


class FileRole(enum.StrEnum):
    """What a file is beside its content type."""

    FILE = ""
    VOICE = "voice"
    STICKER = "sticker"
    STORY = "story"
    RECORDING = "recording"


@dataclass(frozen=True)
class RemoteFile:
    """A file that came with a message: its bytes, or what they are fetched by at once.

    `url` is an address without credentials, `reference` the provider's handle; `Connector.fetch` turns either into bytes.
    `size` in bytes and `seconds` of sound or film where the provider names them.
    """

    name: str
    content_type: str
    content: bytes | None = None
    url: str = ""
    reference: str = ""
    size: int = 0
    seconds: int = 0
    role: FileRole = FileRole.FILE
    content_id: str = ""
    is_inline: bool = False
    note: str = ""


@dataclass(frozen=True)
class FetchedFile:
    """The bytes of a remote file, and what the server said of them."""

    content: bytes
    content_type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Location:
    """A place on the map, in degrees (WGS 84)."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""


@dataclass(frozen=True)
class ContactCard:
    """Somebody's contact details that the customer passed on; no proof of anything."""

    name: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()


@dataclass(frozen=True)
class Choice:
    """What the customer touched: a button, a row of a list, a menu. `title` is what they saw."""

    id: str
    title: str = ""


@dataclass(frozen=True)
class Fragment:
    """That a message came in pieces, each in a request of its own: which of how many (1…total) of what `key` names."""

    key: str
    number: int
    total: int


@dataclass(frozen=True)
class InboundMessage:
    """One message from a customer (or, with `is_echo`, from us by another tool).

    `external_id` is unique within the channel. Threading evidence: `reply_token` (signed, ours), `references` (external
    ids of earlier messages, nearest first), `thread_id` (the provider's). `uploads` are keys of files that the sender left
    with us before. `starts_anew` says that the message carries a subject of its own and no evidence, so that it opens an
    episode even while another is open. An echo names the customer in `to`; `echo_key` is our delivery key where the
    provider gives it back. `is_public`: everybody can read it. `opens_window`: it lets us answer for a time; `handles`
    are what the provider gave us to answer with (name → ISO time of their end, see sent.Window). With `fragment`, it is
    a piece of a message, whose text the desk joins when all of them are there.
    """

    external_id: str
    sender: Address
    text: str = ""
    quoted_text: str = ""
    html: str = ""
    quoted_html: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    files: Sequence[RemoteFile] = ()
    location: Location | None = None
    cards: Sequence[ContactCard] = ()
    choice: Choice | None = None
    uploads: Sequence[str] = ()
    reply_token: str = ""
    references: Sequence[str] = ()
    thread_id: str = ""
    quoted_id: str = ""
    starts_anew: bool = False
    client_id: str = ""
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    is_automatic: bool = False
    wants_no_auto_reply: bool = False
    is_echo: bool = False
    echo_key: str = ""
    is_public: bool = False
    opens_window: bool = True
    handles: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    fragment: Fragment | None = None
    claims: Sequence[Address] = ()
    notices: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class DeliveryState(enum.StrEnum):
    """What a provider can report of a message we sent."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
