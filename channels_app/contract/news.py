"""What comes in beside messages: receipts, edits, reactions, news of the customer, of the window, of a call."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from channels_app.contract.failures import Trouble
from channels_app.contract.received import Address, DeliveryState, InboundMessage, RemoteFile

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


# Stands for a file among words (U+FFFC, object replacement character).
A_FILE = "\ufffc"


@dataclass(frozen=True)
class DeliveryUpdate:
    """A receipt.

    `external_id` names one send (or `delivery_key`, ours); with `watermark`, it is for all sends to `address` up to then.
    """

    state: DeliveryState
    external_id: str = ""
    delivery_key: str = ""
    address: Address | None = None
    watermark: datetime | None = None
    at: datetime | None = None
    code: str = ""
    detail: str = ""
    advice: Text = ""
    trouble: Trouble = Trouble.PAYLOAD
    is_unreachable: bool = False


@dataclass(frozen=True)
class MessageEdited:
    """The sender changed a message that we have; one that we do not have is passed over."""

    external_id: str
    text: str
    html: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class MessageDeleted:
    """The sender took a message back: its words and files go, that it was there stays."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True)
class Reaction:
    """An emoji put on a message, ours or theirs; another one of the same sender replaces it.

    A provider that names no message by id gives how its words begin (`quoted_text`), or A_FILE for one with a file.
    """

    target_id: str
    sender: Address
    emoji: str = ""
    is_removed: bool = False
    at: datetime | None = None
    opens_window: bool = False
    quoted_text: str = ""


@dataclass(frozen=True)
class TypingUpdate:
    """The customer is writing, or has stopped."""

    address: Address
    is_typing: bool = True


@dataclass(frozen=True)
class ContactUpdate:
    """News of the customer behind an address: a name, a language, a verified or merely claimed further address.

    `proven`: addresses that the provider vouches for; `claims`: what anybody could have typed. `is_blocked`: they left or
    blocked us (True), or are back (False). `picture` is fetched at once. `only_known`: passed over where nobody has come
    from this address yet, since followers by the thousand are no customers.
    """

    address: Address
    name: str = ""
    language: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    proven: Sequence[Address] = ()
    claims: Sequence[Address] = ()
    is_blocked: bool | None = None
    picture: RemoteFile | None = None
    only_known: bool = False


@dataclass(frozen=True)
class ConsentUpdate:
    """The customer allowed or forbade us to write to them here; `words` are theirs, `source` says how we know."""

    address: Address
    is_granted: bool
    purpose: str = "service"
    words: str = ""
    source: str = "message"
    at: datetime | None = None


@dataclass(frozen=True)
class WindowUpdate:
    """The time in which we may answer opened, moved or ended without a message: a session, a call, a closed chat."""

    address: Address
    is_open: bool = True
    at: datetime | None = None
    closes_at: datetime | None = None
    handles: Mapping[str, str] = field(default_factory=dict)


class CallState(enum.StrEnum):
    """How far a telephone or video call is."""

    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    MISSED = "missed"
    FAILED = "failed"


@dataclass(frozen=True)
class CallUpdate:
    """News of one call: states only rise (None: no news of it), files and transcript add to what is known.

    `address` is the customer's end, None where the news does not name it; `answered_by` the number that picked up, ours
    or theirs; `key` our own name of a call that we placed. `wants_call_back`: the caller asked for it instead of waiting;
    `chosen` is what they touched or said in the menu. `duration` in seconds.
    """

    call_id: str
    address: Address | None = None
    state: CallState | None = None
    is_inbound: bool = True
    key: str = ""
    at: datetime | None = None
    duration: int | None = None
    answered_by: str = ""
    wants_call_back: bool = False
    chosen: str = ""
    recording: RemoteFile | None = None
    is_voicemail: bool = False
    transcript: str = ""
    code: str = ""


@dataclass(frozen=True)
class FileLeft:
    """A file that a customer leaves with us before the message that names it; `key` is a UUID (InboundMessage.uploads)."""

    key: str
    address: Address
    file: RemoteFile


@dataclass(frozen=True)
class Knock:
    """Something waits at the provider's to be fetched: `Connector.drain` is called with this hint, one at a time."""

    hint: Mapping[str, str] = field(default_factory=dict)


Inbound = (
    InboundMessage
    | DeliveryUpdate
    | MessageEdited
    | MessageDeleted
    | Reaction
    | TypingUpdate
    | ContactUpdate
    | ConsentUpdate
    | WindowUpdate
    | CallUpdate
    | FileLeft
    | Knock
)
