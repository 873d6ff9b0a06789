"""A message joins a conversation: the one place where that is done."""

from __future__ import annotations

from typing import Any

from conversations.insertion import insert
from conversations.live import nudge
from conversations.models import Conversation, Message
from conversations.search import index


def add_message(conversation: Conversation, kind: str, *, what: str = "", **fields: Any) -> Message:
    """Store a message under the locked conversation's revision and show it in the list row; the caller saves the row.

    `what` is what the row shows where it has no words (contents.what).
    """
    message = Message(conversation=conversation, kind=kind, revision=conversation.revision, **fields)
    message.text = message.text.replace("\0", "")
    insert(message)
    index(message, message.subject or (conversation.subject if conversation.revision <= 1 else ""))
    if message.sent_at >= conversation.active_at or not conversation.preview:
        conversation.show_in_list(message, what)
    if message.identity_id:
        nudge(f"visitor-{message.identity_id}", revision=message.revision)
    return message


def touch(message: Message, conversation: Conversation) -> None:
    """Let threads pull a message again: something about it changed under the conversation's present revision."""
    message.revision = conversation.revision
    message.save(update_fields=["revision"])
    if message.identity_id:
        nudge(f"visitor-{message.identity_id}", revision=message.revision)
