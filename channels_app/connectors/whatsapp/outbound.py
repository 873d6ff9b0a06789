"""What one of our messages becomes on WhatsApp."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.places import place_of, user_of
from channels_app.connectors.whatsapp import templates
from channels_app.contract import Address, OutboundFile, OutboundMessage, PermanentFailure, QuickReply

MEGABYTE = 1024 * 1024
# Buttons up to three, a list up to ten; each with limits of its own.
MOST_BUTTONS, MOST_ROWS = 3, 10
BUTTON_BODY = 1024
BUTTON_TITLE, ROW_TITLE = 20, 24
BUTTON_ID, ROW_ID = 256, 200
STICKER = "image/webp"

Upload = Callable[[OutboundFile], str]


def body(message: OutboundMessage, upload: Upload) -> dict[str, object]:
    """The JSON of one message; `upload` leaves a file with WhatsApp and gives its id."""
    built = {"messaging_product": "whatsapp", **recipient(message.recipient), **_content(message, upload)}
    if message.quoted_id:
        built["context"] = {"message_id": message.quoted_id}
    return {**built, "biz_opaque_callback_data": message.delivery_key}


def recipient(address: Address) -> dict[str, object]:
    """A number with its plus (Meta would put our own country before it), an id of WhatsApp's, or a group."""
    if group := place_of(address):
        return {"recipient_type": "group", "to": group}
    user = user_of(address)
    if user.removeprefix("+").isdigit():
        return {"recipient_type": "individual", "to": "+" + user.removeprefix("+")}
    return {"recipient_type": "individual", "recipient": user}


def _content(message: OutboundMessage, upload: Upload) -> dict[str, object]:
    if message.template is not None:
        return {"type": "template", "template": templates.body(message.template)}
    if message.files:
        return _media(message, upload)
    if message.quick_replies:
        return {"type": "interactive", "interactive": _interactive(message)}
    return {"type": "text", "text": {"body": message.text, "preview_url": "https://" in message.text}}


def kind_of(file: OutboundFile) -> str:
    """What WhatsApp shows a file as."""
    if file.content_type == STICKER:
        return "sticker"
    family = file.content_type.partition("/")[0]
    return family if family in ("image", "video", "audio") else "document"


def takes_caption(file: OutboundFile) -> bool:
    """Whether words can stand beside a file."""
    return kind_of(file) not in ("audio", "sticker")


def _media(message: OutboundMessage, upload: Upload) -> dict[str, object]:
    file = message.files[0]
    kind = kind_of(file)
    found: dict[str, object] = {"id": upload(file)}
    if message.text and takes_caption(file):
        found["caption"] = message.text
    if kind == "document":
        found["filename"] = file.name
    return {"type": kind, kind: found}


def _interactive(message: OutboundMessage) -> dict[str, object]:
    """Buttons where they suffice, else a list, which also takes a longer text."""
    if not message.text:
        raise PermanentFailure("no text", code="100", advice=_("Write a text above the choices."))
    replies = message.quick_replies
    if len(replies) <= MOST_BUTTONS and len(message.text) <= BUTTON_BODY:
        return {
            "type": "button",
            "body": {"text": message.text},
            "action": {"buttons": [_button(one) for one in replies]},
        }
    with translation.override(message.language or translation.get_language()):
        label = gettext("Choose")
    rows = [{"id": one.id[:ROW_ID], "title": one.title[:ROW_TITLE]} for one in replies[:MOST_ROWS]]
    action = {"button": label[:BUTTON_TITLE], "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": message.text}, "action": action}


def _button(reply: QuickReply) -> dict[str, object]:
    return {"type": "reply", "reply": {"id": reply.id[:BUTTON_ID], "title": reply.title[:BUTTON_TITLE]}}


def reaction(address: Address, target_id: str, emoji: str) -> dict[str, object]:
    """An emoji on a message of theirs; a blank one takes it away (recall)."""
    reacted = {"type": "reaction", "reaction": {"message_id": target_id, "emoji": emoji}}
    return {"messaging_product": "whatsapp", **recipient(address), **reacted}


def seen(message_id: str, *, is_typing: bool = False) -> dict[str, object]:
    """Read up to this message; with it, that somebody writes: for 25 seconds, or until the answer."""
    built: dict[str, object] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    return {**built, "typing_indicator": {"type": "text"}} if is_typing else built
