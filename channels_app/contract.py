"""What a connector takes and gives. No Django models here: bytes in, dataclasses out, dataclasses in, receipts out."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


# ── Errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Rejected(Exception):
    """The request is not authentic: answer 403, store nothing."""


class DeliveryError(Exception):
    """A send that did not succeed; `code` is the provider's, `advice` a lazy sentence for the agent."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class TemporaryFailure(DeliveryError):
    """Try again later; `retry_after` in seconds where the provider named it."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "", retry_after: float | None = None) -> None:
        super().__init__(message, code=code, advice=advice)
        self.retry_after = retry_after


class AccountFailure(TemporaryFailure):
    """The provider refuses our credentials: the channel is paused and an admin is told."""


class PermanentFailure(DeliveryError):
    """Do not try again: the agent must do something else. `is_unreachable` marks the address as dead."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "", is_unreachable: bool = False) -> None:
        super().__init__(message, code=code, advice=advice)
        self.is_unreachable = is_unreachable


class UnknownOutcome(DeliveryError):
    """The connection broke after the message was handed over: it may have been sent."""


# ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────────
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


@dataclass(frozen=True)
class RemoteFile:
    """A file that came with a message: its bytes, or the address they are fetched from at once."""

    name: str
    content_type: str
    content: bytes | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_id: str = ""
    is_inline: bool = False
    note: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """One message from a customer (or, with `is_echo`, from us by another tool).

    `external_id` is unique within the channel. Threading evidence: `reply_token` (signed, ours), `references` (external
    ids of earlier messages, nearest first), `thread_id` (the provider's). `uploads` are keys of files that the sender left
    with us before. `starts_anew` says that the message carries a subject of its own and no evidence, so that it opens an
    episode even while another is open.
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
    language: str = ""
    claims: Sequence[Address] = ()
    notices: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class DeliveryState(enum.StrEnum):
    """What a provider can report of a message we sent."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class DeliveryUpdate:
    """A receipt: `external_id` names one send; with `watermark`, all sends to `address` up to that time."""

    state: DeliveryState
    external_id: str = ""
    address: Address | None = None
    watermark: datetime | None = None
    at: datetime | None = None
    code: str = ""
    detail: str = ""
    advice: Text = ""
    is_unreachable: bool = False


@dataclass(frozen=True)
class ContactUpdate:
    """News of the customer behind an address: a name, a language, a verified or merely claimed further address."""

    address: Address
    name: str = ""
    language: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    proven: Sequence[Address] = ()
    claims: Sequence[Address] = ()


Inbound = InboundMessage | DeliveryUpdate | ContactUpdate


# ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class OutboundFile:
    """A file to send; `read` gives its bytes."""

    name: str
    content_type: str
    size: int
    read: Callable[[], bytes]
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True)
class OutboundMessage:
    """One message to one recipient. `delivery_key` is stable over retries; `to` and `cc` are what all recipients see."""

    delivery_key: str
    recipient: Address
    text: str
    html: str = ""
    subject: str = ""
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    files: Sequence[OutboundFile] = ()
    reply_token: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    quoted_id: str = ""
    author_name: str = ""
    is_automatic: bool = False
    language: str = ""
    quoted_history: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the provider said at once: its id of the message and how far the message is."""

    external_id: str = ""
    state: DeliveryState = DeliveryState.SENT
    details: Mapping[str, Any] = field(default_factory=dict)


# ── Capabilities ─────────────────────────────────────────────────────────────────────────────────────────────────────
class TextUnit(enum.StrEnum):
    """The unit in which a provider counts the length of a text."""

    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    BYTES = "bytes"
    GSM_SEGMENTS = "GSM segments"


@dataclass(frozen=True)
class MediaLimit:
    """Which files a channel carries: a content-type prefix and the largest size in bytes."""

    prefix: str
    max_bytes: int


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do, as data; composer, validation, splitting, fallbacks and docs read it."""

    max_text: int | None = None
    text_unit: TextUnit = TextUnit.CODE_POINTS
    media: tuple[MediaLimit, ...] = ()
    max_files: int = 10
    has_subject: bool = False
    has_html: bool = False
    has_copies: bool = False
    can_start: bool = False
    reply_window: timedelta | None = None
    sends_delivered: bool = False
    sends_read: bool = False
    shows_typing: bool = False
    quick_replies: int = 0
    has_templates: bool = False
    is_send_idempotent: bool = False
    is_instant: bool = True
    undo_by_delay: bool = False
    is_polled: bool = False
    identity_kind: str = ""
    # A customer may leave this channel without a trace: what stays unread so long follows by another that carries it.
    follows_up_after: timedelta | None = None
    carries_follow_ups: bool = False


class Account(Protocol):
    """What a connector may know of its channel."""

    name: str
    token: str
    config: dict[str, Any]
    secrets: dict[str, Any]
    cursor: dict[str, Any]

    @property
    def account(self) -> str: ...

    def keep_secrets(self, **secrets: str) -> None:
        """Store secrets that the provider has renewed."""


class Inlet(Protocol):
    """Where a connector that polls puts what it finds, for as long as it is open."""

    @property
    def is_open(self) -> bool:
        """Whether to go on; also keeps the lease, so ask at least every half minute."""

    @property
    def cursor(self) -> Mapping[str, Any]:
        """How far the account has been read."""

    def keep(self, body: bytes, *, cursor: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Store one find and move the cursor behind it, in one transaction; raises LeaseLost."""

    def skip(self, cursor: Mapping[str, Any]) -> None:
        """Move the cursor where nothing was found to keep."""

    def report(self, *, waiting: int, oldest: datetime | None) -> None:
        """Say how much is still to be read, and since when the oldest of it waits."""

    def pause(self, seconds: float) -> None:
        """Wait, less long where the inlet closes meanwhile."""


class LeaseLost(Exception):
    """Another process reads this account now: stop."""


class ReceivedEnvelope(Protocol):
    """What a connector parses: the raw bytes of one request or mail."""

    @property
    def body(self) -> bytes | memoryview: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True)
class Tile:
    """How a channel is drawn: a css class of the palette and an icon id or a letter."""

    css: str
    icon: str = ""
    letter: str = ""


class Connector:
    """Translates between one provider's protocol and the dataclasses above. Knows nothing of conversations or tables."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    tile: ClassVar[Tile] = Tile("ch", icon="mail")
    capabilities: ClassVar[Capabilities] = Capabilities()
    # Templates show label and tile of the class itself; without this they would make an instance first.
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self.account = account

    @classmethod
    def settings_form(cls) -> type[forms.Form] | None:
        """The form an admin fills in to connect this channel; fields named in `secret_fields` go to the vault."""
        return None

    secret_fields: ClassVar[frozenset[str]] = frozenset()

    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a provider's verification request; None where the request is not one."""
        return None

    def authenticate(self, request: HttpRequest) -> None:
        """Check over the raw body that the provider sent this; raises Rejected."""
        raise Rejected(f"{self.kind} takes no web hooks")

    def dedup_key(self, body: bytes, headers: Mapping[str, str]) -> str:
        """What makes a received request unique within the channel; blank: a hash of the body is used."""
        return ""

    def acknowledge(self) -> HttpResponse | None:
        """The body a provider wants as its 2xx; None for an empty 200."""
        return None

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """Understand a received request. An unknown kind gives nothing; only what is broken raises."""
        raise NotImplementedError

    def send(self, message: OutboundMessage) -> Receipt:
        """Hand one message to the provider; raises TemporaryFailure, PermanentFailure or UnknownOutcome."""
        raise NotImplementedError

    @property
    def is_polled(self) -> bool:
        """Whether this account has to be watched."""
        return self.capabilities.is_polled

    def watch(self, inlet: Inlet) -> None:
        """Read a polled account until the inlet closes; raises DeliveryError where it cannot be read."""
        raise NotImplementedError

    def owns(self, address: str) -> bool:
        """Whether what is sent to this raw address (an SMTP recipient, say) is for this account."""
        return False

    def consent_url(self, *, redirect_uri: str, state: str) -> str:
        """The provider's page on which an admin lets us in; blank where a channel needs none."""
        return ""

    def take_consent(self, *, code: str, redirect_uri: str) -> None:
        """Exchange the code that the consent page sent back; raises DeliveryError."""
        raise NotImplementedError

    def handover(self) -> Sequence[tuple[Text, str]]:
        """Addresses and commands that an admin copies to the provider: (what it is, value)."""
        return ()

    def check(self) -> None:
        """Prove that the account works (log in, ask the provider); raises DeliveryError with advice."""

    def address_of(self, raw: str) -> Address:
        """Normalise an address typed by a person; raises ValueError where it cannot be one of this channel's."""
        raise ValueError(raw)

    def render(self, text: str) -> tuple[str, str]:
        """What the channel will really send of a composed text with light Markdown: (text, html or blank)."""
        return text, ""
