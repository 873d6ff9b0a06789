"""The sender changed or took back what they had said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.contract import MessageDeleted, MessageEdited
from channels_app.models import Channel
from conversations.actions import orphans
from conversations.actions.change import announce
from conversations.actions.messages import touch
from conversations.actions.summary import show_newest
from conversations.models import Attachment, Conversation, Message
from conversations.search import index

WORDS = ("text", "quoted_text", "html", "quoted_html", "subject")
# So many wordings of one message are kept; providers allow about as many edits.
MOST_WORDINGS = 50


@transaction.atomic
def receive_edit(channel: Channel, update: MessageEdited) -> None:
    """Let a message say what its sender has made of it; earlier wordings are kept beside it."""
    message = _meant(channel, update)
    if message is None:
        return
    conversation = Conversation.objects.lock(message.conversation_id)
    message.refresh_from_db()
    if message.deleted_at:
        return
    wordings = _wordings(message)
    new = {"text": _clean(update.text), "html": _clean(update.html), "at": (update.at or timezone.now()).isoformat()}
    if new in wordings:
        return
    edits = sorted([*wordings[1:], new], key=lambda one: parse_datetime(one["at"]) or timezone.now())
    _reword(message, [wordings[0], *edits])
    _finish(conversation, message)


def _clean(text: str) -> str:
    return text.replace("\0", "")


def _wordings(message: Message) -> list[dict[str, Any]]:
    """All that the message ever said, oldest first, the present wording last."""
    at = message.edited_at or message.sent_at
    return [
        *message.details.get("earlier", []),
        {"text": message.text, "html": message.html, "at": at.isoformat()},
    ]


def _reword(message: Message, wordings: list[dict[str, Any]]) -> None:
    now = wordings[-1]
    message.text, message.html = now["text"], now["html"]
    message.edited_at = parse_datetime(now["at"])
    message.details = {**message.details, "earlier": wordings[-MOST_WORDINGS - 1 : -1]}
    message.save(update_fields=["text", "html", "edited_at", "details"])


@transaction.atomic
def receive_deletion(channel: Channel, update: MessageDeleted) -> None:
    """Take words and files of a message away; that it was there, and when it went, stays."""
    message = _meant(channel, update)
    if message is None:
        return
    conversation = Conversation.objects.lock(message.conversation_id)
    message.refresh_from_db()
    at = update.at or timezone.now()
    if message.deleted_at and message.deleted_at <= at:
        return
    _forget_subject(conversation, message)
    _redact(message, at)
    _finish(conversation, message)


def _forget_subject(conversation: Conversation, message: Message) -> None:
    """A conversation that was named after the first words of the message must not go on saying them."""
    said = [message.subject, *(_first_line(one["text"]) for one in _wordings(message))]
    if conversation.subject in [one[:300] for one in said]:
        conversation.subject = ""


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")


def _redact(message: Message, at: datetime) -> None:
    for name in WORDS:
        setattr(message, name, "")
    # The request it came with stays in the vault, but is no longer offered as the message's original.
    message.details, message.notices, message.envelope, message.deleted_at = {}, [], None, at
    message.save(update_fields=[*WORDS, "details", "notices", "envelope", "deleted_at"])
    message.reactions.all().delete()
    _remove_files(message)


def _remove_files(message: Message) -> None:
    names = {file.file.name for file in message.attachments.all() if file.file}
    message.attachments.all().delete()
    shared = set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))
    for name in names - shared:
        transaction.on_commit(lambda name=name: default_storage.delete(name), robust=True)  # type: ignore[misc]


def _meant(channel: Channel, update: MessageEdited | MessageDeleted) -> Message | None:
    """The message, if it is one that came in here; news that overtook it wait for it."""
    message = Message.objects.filter(channel=channel, external_id=update.external_id[:255]).first()
    if message is None or not update.external_id:
        orphans.keep(channel, update.external_id, update)
        return None
    return message


def _finish(conversation: Conversation, message: Message) -> None:
    conversation.bump()
    touch(message, conversation)
    first = conversation.messages.in_order().first()
    index(message, message.subject or (conversation.subject if message == first else ""))
    show_newest(conversation)
    conversation.save()
    announce(conversation)
