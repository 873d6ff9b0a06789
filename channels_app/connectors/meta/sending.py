"""The Send API of Messenger and Instagram: what one of our messages becomes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.meta.comments import POST, is_comment, node
from channels_app.contract import Address, OutboundFile, OutboundMessage, PermanentFailure, Trouble

WINDOW = timedelta(hours=24)
HUMAN_WINDOW = timedelta(days=7)
MOST_QUICK_REPLIES = 13
TITLE, PAYLOAD = 20, 1000


@dataclass(frozen=True)
class Dialect:
    """How Messenger and Instagram differ: Messenger names every message's type and gives `metadata` back in its echo."""

    has_type: bool
    has_metadata: bool
    has_human_agent: bool


def private_handle(message: OutboundMessage) -> str:
    """The comment that a private message answers: the quoted one, or one that is left where nobody has written yet."""
    if message.is_public:
        return ""
    if is_comment(message.quoted_id) or message.quoted_id in message.window.handles:
        return message.quoted_id
    may_write = message.window.acted_at is not None and _is_open(message, WINDOW)
    return "" if may_write else _live_handle(message.window.handles)


def _live_handle(handles: Mapping[str, str]) -> str:
    """Of several comments the one that can be answered longest."""
    now = timezone.now().isoformat()
    live = [(until, comment) for comment, until in handles.items() if until > now]
    return max(live, default=("", ""))[1]


def body(message: OutboundMessage, dialect: Dialect) -> dict[str, object]:
    """The JSON of one message; raises PermanentFailure where the window has closed."""
    if comment := private_handle(message):
        named = "post_id" if comment.startswith(POST) else "comment_id"
        return {"recipient": {named: node(comment)}, "message": _content(message, dialect)}
    built: dict[str, object] = {"recipient": {"id": message.recipient.value}, **_type(message, dialect)}
    if message.quoted_id:
        built["reply_to"] = {"mid": message.quoted_id}
    return {**built, "message": _content(message, dialect)}


def _type(message: OutboundMessage, dialect: Dialect) -> dict[str, str]:
    """HUMAN_AGENT only for people, and only when it is needed: everything else breaks Meta's rules."""
    if _is_open(message, WINDOW):
        return {"messaging_type": "RESPONSE"} if dialect.has_type else {}
    if message.is_automatic or not dialect.has_human_agent or not _is_open(message, HUMAN_WINDOW):
        raise PermanentFailure(
            "the window has closed",
            code="window",
            trouble=Trouble.WINDOW,
            advice=_("The time for an answer has run out. The customer has to write first."),
        )
    return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


def _is_open(message: OutboundMessage, window: timedelta) -> bool:
    """Whether the customer acted so lately; where nobody noted when, Meta is the judge."""
    acted_at = message.window.acted_at
    return acted_at is None or timezone.now() - acted_at <= window


def _content(message: OutboundMessage, dialect: Dialect) -> dict[str, object]:
    built: dict[str, object] = (
        {"attachment": _attachment(message.files[0])} if message.files else {"text": message.text}
    )
    if message.quick_replies:
        built["quick_replies"] = [
            {"content_type": "text", "title": reply.title[:TITLE], "payload": reply.id[:PAYLOAD]}
            for reply in message.quick_replies[:MOST_QUICK_REPLIES]
        ]
    if dialect.has_metadata:
        built["metadata"] = message.delivery_key
    return built


def _attachment(file: OutboundFile) -> dict[str, object]:
    """Meta fetches the file itself, from an address that holds for some hours."""
    family = file.content_type.partition("/")[0]
    kind = family if family in ("image", "audio", "video") else "file"
    return {"type": kind, "payload": {"url": file.share()}}


def action(address: Address, name: str, **payload: str) -> dict[str, object]:
    """What is no message: typing, seen, a reaction."""
    built: dict[str, object] = {"recipient": {"id": address.value}, "sender_action": name}
    return {**built, "payload": payload} if payload else built
