"""What goes out, and what the provider said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels_app.contract.received import Address, DeliveryState


@dataclass(frozen=True)
class OutboundFile:
    """A file to send; `read` gives its bytes, `share` a public https address (signed, for some hours) of them."""

    name: str
    content_type: str
    size: int
    read: Callable[[], bytes]
    content_id: str = ""
    is_inline: bool = False
    share: Callable[[], str] = str


@dataclass(frozen=True)
class QuickReply:
    """An answer that the customer gives with one touch; `id` comes back with it."""

    id: str
    title: str


@dataclass(frozen=True)
class Template:
    """A text that the provider has approved. `body` holds {{1}} or {{name}} where `parameters` go, in that order."""

    name: str
    language: str
    body: str
    parameters: Sequence[str] = ()
    category: str = ""
    is_approved: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TemplateUse:
    """An approved text with its blanks filled in, by the parameters' names."""

    template: Template
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """When the customer last did something that lets us write, and what the provider gave us to answer with.

    `handles` are the provider's own (a reply token, say) with the ISO time at which each ends, "" for never.
    """

    acted_at: datetime | None = None
    closes_at: datetime | None = None
    sends_left: int | None = None
    handles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutboundMessage:
    """One message to one recipient. `delivery_key` is stable over retries; `to` and `cc` are what all recipients see.

    `quoted_id` names the message it answers; `is_public` says that everybody will read it (a comment); `sequence` rises from
    message to message of a conversation.
    """

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
    thread_id: str = ""
    author_name: str = ""
    is_automatic: bool = False
    is_public: bool = False
    language: str = ""
    quoted_history: str = ""
    signature: str = ""
    quick_replies: Sequence[QuickReply] = ()
    template: TemplateUse | None = None
    window: Window = Window()
    sequence: int = 0


@dataclass(frozen=True)
class Receipt:
    """What the provider said at once: its id of the message and how far the message is.

    `handles` replace what the window held (a reply token that is spent, a session that is open).
    """

    external_id: str = ""
    state: DeliveryState = DeliveryState.SENT
    details: Mapping[str, Any] = field(default_factory=dict)
    handles: Mapping[str, str] | None = None
