"""Dictionaries of Apple's interface for what the desk sends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from channels_app.connectors.plain_text import plain
from channels_app.contract import A_FILE, OutboundMessage, QuickReply

BALLOON = (
    "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension"
)
# More do not fit under a message; a list takes them.
MOST_QUICK, LEAST_QUICK = 5, 2
NAMESPACE = uuid.UUID("6f1ad0b8-7c0e-4d3e-9a55-6a0f0f4f6a10")


def message_id(delivery_key: str) -> str:
    """The id of a send: the same for each try."""
    return str(uuid.uuid5(NAMESPACE, delivery_key))


def dictionary(kind: str, *, business: str, customer: str, key: str, **content: Any) -> dict[str, Any]:
    """What every dictionary carries."""
    return {"v": 1, "id": key, "type": kind, "sourceId": business, "destinationId": customer, **content}


def text(message: OutboundMessage, files: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A text with its files, each of which has a sign of its own in the text."""
    words = plain(message.text)
    body = " ".join(filter(None, [words, A_FILE * len(files)])) if words else A_FILE * len(files)
    content: dict[str, Any] = {"body": body}
    if files:
        content["attachments"] = [dict(file) for file in files]
    return content | ({"replyToMessageId": message.quoted_id} if message.quoted_id else {})


def choices(message: OutboundMessage, can: frozenset[str]) -> dict[str, Any] | None:
    """Quick replies as the device can show them: beneath, or as a list; None where it can do neither."""
    offered, words = message.quick_replies, plain(message.text) or "…"
    if "QUICK" in can and LEAST_QUICK <= len(offered) <= MOST_QUICK:
        shown = {"summaryText": words, "items": [{"identifier": one.id, "title": one.title} for one in offered]}
        return _interactive({"quick-reply": shown}, message.delivery_key)
    if "LIST" not in can:
        return None
    title = words if len(words) <= 512 else f"{words[:511]}…"
    received = {"title": title, "style": "small"}
    replied = {"title": title, "style": "small"}
    return _interactive({"listPicker": {"sections": [_section(offered)]}}, message.delivery_key, received, replied)


def _section(offered: Sequence[QuickReply]) -> dict[str, Any]:
    rows = [
        {"identifier": one.id, "title": one.title, "order": number, "style": "default"}
        for number, one in enumerate(offered)
    ]
    return {"title": "", "order": 0, "multipleSelection": False, "items": rows}


def _interactive(
    shown: Mapping[str, Any],
    delivery_key: str,
    received: Mapping[str, str] | None = None,
    replied: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    data = {"version": "1.0", "requestIdentifier": message_id(f"{delivery_key}-question"), **shown}
    around = {"receivedMessage": received, "replyMessage": replied} if received and replied else {}
    return {"interactiveData": {"bid": BALLOON, "useLiveLayout": True, "data": data, **around}}


def written_out(message: OutboundMessage) -> str:
    """Choices for a device that can show none: numbered under the text."""
    lines = [f"{number}. {one.title}" for number, one in enumerate(message.quick_replies, 1)]
    return "\n".join(filter(None, [message.text, *lines]))
