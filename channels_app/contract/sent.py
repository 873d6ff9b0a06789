"""What goes out, and what the provider said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels_app.contract.received import Address, DeliveryState


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
