"""What comes in: addresses, messages, receipts, news of a customer."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


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
