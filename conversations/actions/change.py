"""How every change of a conversation is made: locked, recorded, journalled, announced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from agents.models import User
from conversations.actions import journal
from conversations.insertion import insert
from conversations.live import nudge
from conversations.models import Conversation, Event, Message, Operation

# Columns whose change an agent can take back.
UNDOABLE = (
    "subject",
    "status",
    "snoozed_until",
    "resolved_at",
    "priority",
    "team_id",
    "assignee_id",
    "waiting_since",
    "due_at",
)


@contextmanager
def changing(pk: int, *, by: User | None = None) -> Iterator[Conversation]:
    """Lock a conversation, let the caller change it, save it under a new revision and announce it on commit.

    With `by`, what changed is put into the journal as one operation that can be undone.
    """
    with transaction.atomic():
        conversation = Conversation.objects.lock(pk)
        before = {name: getattr(conversation, name) for name in UNDOABLE}
        topics = set(conversation.inbox_topics)
        conversation.bump()
        yield conversation
        conversation.save()
        after = {name: getattr(conversation, name) for name in UNDOABLE}
        if by is not None and before != after:
            changes = journal.differences(conversation, before, after)
            Operation.objects.create(kind=Operation.Kind.CHANGE, conversation=conversation, by=by, changes=changes)
        announce(conversation, topics)


def record(
    kind: str, conversation: Conversation, *, by: User | None = None, message: Message | None = None, **data: Any
) -> Event:
    """Write that something happened, under the conversation's present revision."""
    event = Event(
        kind=kind, conversation=conversation, actor=by, message=message, data=data, revision=conversation.revision
    )
    insert(event)
    return event


def announce(conversation: Conversation, also: set[str] | None = None) -> None:
    """Let those who watch the conversation, or a list that it is or was in, look again."""
    nudge(conversation.topic, revision=conversation.revision)
    for topic in sorted({*conversation.inbox_topics, *(also or ())}):
        nudge(topic, conversation=conversation.pk)
