"""What goes over the wire to a panel: JSON that holds no markup and nothing that is not the visitor's."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.names import initials, tint
from channels_app.models import Channel
from conversations.actions.following import carriers
from conversations.actions.visiting import connector_of
from conversations.models import Attachment, Message, Visitor
from conversations.visits.promise import promise
from conversations.visits.shown import Cursor, News, knows_address

FILE_SECONDS = 12 * 3600


def read_cursor(text: str) -> Cursor:
    """Read "12:40-15:3": up to revision 40 of conversation 12 and so on; what cannot be read is skipped."""
    pairs = (pair.partition(":") for pair in text.split("-")[:200])
    return {int(pk): int(rev) for pk, _sep, rev in pairs if pk.isdecimal() and rev.isdecimal() and len(pk + rev) < 30}


def write_cursor(cursor: Cursor) -> str:
    """The opposite of `read_cursor`."""
    return "-".join(f"{pk}:{revision}" for pk, revision in sorted(cursor.items())[-200:])


def news_to_json(visitor: Visitor, news: News) -> dict[str, Any]:
    """The answer to a pull."""
    body: dict[str, Any] = {
        "messages": [message_to_json(visitor, message, news) for message in news.messages],
        "cursor": write_cursor(news.cursor),
        "more": news.has_more,
        "read_up_to": news.read_up_to,
        "seen_up_to": news.seen_up_to,
    }
    if news.has_earlier is not None:
        body["earlier"] = news.has_earlier
    if news.conversation is not None:
        body["conversation"] = {"status": news.conversation.status}
    return body


def state_to_json(visitor: Visitor, *, has_spoken: bool) -> dict[str, Any]:
    """What beside messages may change on the panel."""
    desk = promise(visitor.channel)
    return {
        "known": visitor.is_verified or visitor.was_asked,
        "ask_email": has_spoken and not knows_address(visitor) and bool(carriers()),
        "desk": {"open": desk.is_open, "text": desk.text},
    }


def message_to_json(visitor: Visitor, message: Message, news: News | None = None) -> dict[str, Any]:
    """One message as a visitor sees it."""
    is_ours = message.kind == Message.Kind.OUTBOUND
    body: dict[str, Any] = {
        "id": message.pk,
        "kind": "out" if is_ours else "in",
        "text": message.text,
        "at": message.sent_at.isoformat(),
        "files": [file_to_json(visitor, attachment) for attachment in message.attachments.all()],
    }
    if message.external_id and not is_ours and message.channel_id == visitor.channel_id:
        body["client_id"] = message.external_id.rpartition(":")[2]
    if message.channel and message.channel_id != visitor.channel_id:
        body["via"] = str(message.channel.connector.label)
    if is_ours:
        body["author"] = _author(message, visitor.channel)
    return body


def _author(message: Message, channel: Channel) -> dict[str, Any]:
    name = message.author.get_short_name() if message.author else connector_of(channel).look().brand
    return {"name": name, "initials": initials(name), "tint": tint(name)}


def file_to_json(visitor: Visitor, attachment: Attachment) -> dict[str, Any]:
    """A file with an address that only this visitor was told, for some hours."""
    ticket = signing.dumps([visitor.pk, attachment.pk], salt="conversations.file")
    return {
        "name": attachment.name,
        "type": attachment.content_type,
        "size": attachment.size,
        "url": reverse("conversations:panel_file", args=[visitor.channel.token, ticket]) if attachment.file else "",
    }


def upload_to_json(attachment: Attachment) -> dict[str, Any]:
    """What the panel names an uploaded file by when it sends the message."""
    return {
        "token": attachment.key.hex,
        "name": attachment.name,
        "type": attachment.content_type,
        "size": attachment.size,
    }


def refusal(text: str) -> dict[str, str]:
    """A sentence for the visitor."""
    return {"error": text or _("This could not be sent.")}
