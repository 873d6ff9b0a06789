"""One message to Telegram: a text with its few HTML tags, or one file with a caption."""

from __future__ import annotations

import re
from typing import Any

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.places import place_of, user_of
from channels_app.connectors.telegram import api
from channels_app.connectors.telegram.inbound import BUSINESS, message_id
from channels_app.contract import Address, Connector, OutboundFile, OutboundMessage, QuickReply, Receipt, Window

MOST_BUTTON_BYTES = 64
PHOTO_BYTES = 10 * http.MEGABYTE
MOST_BYTES = 50 * http.MEGABYTE
# Attributes that sanitising adds to links and Telegram does not know.
_ADDED = re.compile(r' (?:rel|target)="[^"]*"')
# content type → method and its field; everything else goes as a document
METHODS: dict[str, tuple[str, str]] = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/gif": ("sendAnimation", "animation"),
    "video/mp4": ("sendVideo", "video"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "audio/ogg": ("sendVoice", "voice"),
}
DOCUMENT = ("sendDocument", "document")


def send(connector: Connector, message: OutboundMessage) -> Receipt:
    """Hand one part over; raises DeliveryError."""
    try:
        sent = _followed(connector, message, envelope(message))
    except api.Refusal as refusal:
        raise refusal.failure() from refusal
    said = tolerant.obj({"sent": sent}, "sent")
    return Receipt(external_id=message_id(tolerant.obj(said, "chat"), tolerant.text(said, "message_id")))


def _followed(connector: Connector, message: OutboundMessage, to: dict[str, Any]) -> Any:
    """A group that has become a supergroup has another number, which the refusal names: nothing was sent before."""
    try:
        return _formatted(connector, message, to)
    except api.Refusal as refusal:
        if not refusal.moved_to:
            raise
        return _formatted(connector, message, {**to, "chat_id": refusal.moved_to})


def _formatted(connector: Connector, message: OutboundMessage, to: dict[str, Any]) -> Any:
    """With marks, else without: Telegram refuses the whole message where it does not like the nesting of a tag."""
    html = chat_html(message.html)
    if html:
        try:
            return _handed(connector, message, {**to, "parse_mode": "HTML"}, html)
        except api.Refusal as refusal:
            if not refusal.says("can't parse entities"):
                raise
    return _handed(connector, message, to, message.text)


def _handed(connector: Connector, message: OutboundMessage, to: dict[str, Any], words: str) -> Any:
    if not message.files:
        return api.call(connector, "sendMessage", {**to, "text": words, "link_preview_options": {"is_disabled": True}})
    file = message.files[0]
    payload = {**to, "caption": words} if words else to
    method, field = method_of(file)
    try:
        return _uploaded(connector, method, field, payload, file)
    except api.Refusal as refusal:
        # A photo may be too long, a voice message may be forbidden by the customer: as a document it arrives.
        if method == DOCUMENT[0] or not (refusal.says("PHOTO_") or refusal.says("VOICE_MESSAGES_FORBIDDEN")):
            raise
        return _uploaded(connector, *DOCUMENT, payload, file)


def _uploaded(connector: Connector, method: str, field: str, payload: dict[str, Any], file: OutboundFile) -> Any:
    given = {field: (file.name, file.read(), file.content_type)}
    return api.call(connector, method, payload, files=given)


def method_of(file: OutboundFile) -> tuple[str, str]:
    """How a file is sent: (method, its field)."""
    found = METHODS.get(file.content_type, DOCUMENT)
    return DOCUMENT if found[1] == "photo" and file.size > PHOTO_BYTES else found


def chat_html(html: str) -> str:
    """Stored HTML as Telegram takes it: line breaks as they are, no attribute but a link's address."""
    return _ADDED.sub("", re.sub(r"<br\s*/?>", "\n", html))


def chat_of(address: Address) -> str:
    """The chat in which an address is written to; in private it has the user's own number."""
    return place_of(address) or user_of(address)


def business_of(window: Window) -> dict[str, str]:
    """In whose name one answers, where the customer wrote to a business account that the bot looks after."""
    names = [handle.removeprefix(BUSINESS) for handle in window.handles if handle.startswith(BUSINESS)]
    return {"business_connection_id": names[-1]} if names else {}


def envelope(message: OutboundMessage) -> dict[str, Any]:
    """What every kind of message carries: where to, what it answers, the buttons below it."""
    chat = chat_of(message.recipient)
    to: dict[str, Any] = {"chat_id": chat, **business_of(message.window)}
    quoted, thread = _within(message.quoted_id, chat), _within(message.thread_id, chat)
    if quoted:
        to["reply_parameters"] = {"message_id": quoted, "allow_sending_without_reply": True}
    if thread:
        to["message_thread_id"] = thread
    if message.quick_replies:
        to["reply_markup"] = {"inline_keyboard": [[_button(one)] for one in message.quick_replies]}
    return to


def _within(external_id: str, chat: str) -> int:
    """The number of a message of this very chat; 0 for any other, which must not be named there."""
    place, _, number = external_id.rpartition(":")
    return int(number) if place == chat and number.isdecimal() else 0


def _button(reply: QuickReply) -> dict[str, str]:
    data = reply.id.encode()[:MOST_BUTTON_BYTES].decode("utf-8", "ignore")
    return {"text": reply.title, "callback_data": data}
