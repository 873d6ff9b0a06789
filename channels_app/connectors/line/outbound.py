"""One message to LINE: free of charge by the reply token while it holds, else pushed under a key that LINE recognises."""

from __future__ import annotations

import struct
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.line import api
from channels_app.connectors.line.inbound import QUOTE, QUOTE_TOKEN_KEPT, REPLY, postback_data
from channels_app.connectors.places import place_of, user_of
from channels_app.contract import (
    Address,
    Connector,
    OutboundFile,
    OutboundMessage,
    PermanentFailure,
    QuickReply,
    Receipt,
    UnknownOutcome,
    Window,
)

IMAGE_BYTES = 10 * http.MEGABYTE
MOST_BYTES = 200 * http.MEGABYTE
IMAGES = frozenset({"image/jpeg", "image/png"})
SOUNDS = frozenset({"audio/mp4", "audio/x-m4a", "audio/m4a"})
MOST_URL = 2000


def send(connector: Connector, message: OutboundMessage) -> Receipt:
    """Hand one part over; raises DeliveryError."""
    built = build(message)
    token = reply_token(message)
    receipt = _replied(connector, message, token, built) if token else None
    return receipt or _pushed(connector, message, built)


def _replied(connector: Connector, message: OutboundMessage, token: str, built: dict[str, Any]) -> Receipt | None:
    """None where the token is void. LINE takes no retry key here, but a token is good for one answer only.

    So what broke off is tried once more: a token that is void then was spent by the first try, which has arrived.
    """
    body = {"replyToken": token, "messages": [built]}
    was_tried = False
    try:
        answer = api.request(connector, "POST", "/v2/bot/message/reply", json_body=body)
    except UnknownOutcome:
        was_tried = True
        answer = api.request(connector, "POST", "/v2/bot/message/reply", json_body=body)
    if answer.is_ok:
        return _receipt(message, answer)
    if api.INVALID_TOKEN not in api.words_of(answer).casefold():
        raise api.failure(answer)
    return Receipt(handles=_left(message.window)) if was_tried else None


def _pushed(connector: Connector, message: OutboundMessage, built: dict[str, Any]) -> Receipt:
    body = {"to": target_of(message.recipient), "messages": [built]}
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, message.delivery_key))
    answer = api.request(connector, "POST", "/v2/bot/message/push", json_body=body, retry_key=key)
    if answer.is_ok or answer.status == 409:  # 409: this very key was accepted before
        return _receipt(message, answer)
    raise api.failure(answer)


def _receipt(message: OutboundMessage, answer: http.Answer) -> Receipt:
    sent = next(iter(tolerant.items(tolerant.peek(answer.body), "sentMessages")), {})
    number, quote = tolerant.text(sent, "id"), tolerant.text(sent, "quoteToken")
    handles = _left(message.window)
    if number and quote:
        handles[f"{QUOTE}{number}:{quote}"] = (timezone.now() + QUOTE_TOKEN_KEPT).isoformat()
    return Receipt(external_id=number, handles=handles)


def _left(window: Window) -> dict[str, str]:
    """The handles that are still good for something: no reply token after an answer."""
    return {name: end for name, end in window.handles.items() if not name.startswith(REPLY)}


def reply_token(message: OutboundMessage) -> str:
    """The newest token that still holds; later parts of a message find it spent, so they do not ask for it."""
    if "-" in message.delivery_key:
        return ""
    ends = {
        name.removeprefix(REPLY): _end(end) for name, end in message.window.handles.items() if name.startswith(REPLY)
    }
    holding = {name: end for name, end in ends.items() if end and end > timezone.now()}
    return max(holding, key=lambda name: holding[name], default="")


def _end(end: str) -> datetime | None:
    try:
        return parse_datetime(end)
    except ValueError:
        return None


def target_of(address: Address) -> str:
    return place_of(address) or user_of(address)


# ── What is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────
def build(message: OutboundMessage) -> dict[str, Any]:
    """The message object of one part."""
    built: dict[str, Any] = {"type": "text", "text": message.text}
    if message.files:
        built = _file(message.files[0], message.text)
    if built["type"] == "text" and (token := _quote_token(message)):
        built["quoteToken"] = token
    if message.quick_replies:
        built["quickReply"] = {"items": [_item(one) for one in message.quick_replies]}
    return built


def _quote_token(message: OutboundMessage) -> str:
    start = f"{QUOTE}{message.quoted_id}:"
    found = [name.removeprefix(start) for name in message.window.handles if name.startswith(start)]
    return found[0] if message.quoted_id and found else ""


def _item(reply: QuickReply) -> dict[str, Any]:
    title = reply.title[:20]
    action = {"type": "postback", "label": title, "data": postback_data(reply), "displayText": title}
    return {"type": "action", "action": action}


def _file(file: OutboundFile, words: str) -> dict[str, Any]:
    """LINE fetches pictures, films and sounds itself; of anything else it can only be told the address."""
    address = shared(file)
    if file.content_type in IMAGES and file.size <= IMAGE_BYTES:
        return {"type": "image", "originalContentUrl": address, "previewImageUrl": address}
    if file.content_type == "video/mp4":
        still = f"{settings.PUBLIC_URL}{static('channels/video.png')}"
        return {"type": "video", "originalContentUrl": address, "previewImageUrl": still}
    if file.content_type in SOUNDS and (length := milliseconds(file.read())):
        return {"type": "audio", "originalContentUrl": address, "duration": length}
    return {"type": "text", "text": "\n".join(filter(None, (words, file.name, address)))}


def shared(file: OutboundFile) -> str:
    """The public address of a file; raises PermanentFailure where the desk has none."""
    address = file.share()
    if address.startswith("https://") and len(address) <= MOST_URL:
        return address
    advice = _("LINE fetches files itself, so the desk needs a public https address. Send the file by another channel.")
    raise PermanentFailure("no public address", code="address", advice=advice)


def milliseconds(content: bytes) -> int:
    """How long an MPEG-4 file plays, by its movie header (ISO 14496-12, 8.2.2); 0 where there is none."""
    at = content.find(b"mvhd")
    if at < 0 or len(content) < at + 36:
        return 0
    layout, skipped = (">IQ", 24) if content[at + 4] == 1 else (">II", 16)
    scale, duration = struct.unpack_from(layout, content, at + skipped)
    return int(duration * 1000 / scale) if scale else 0
