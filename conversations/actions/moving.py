"""A message that is in the wrong place is moved; two conversations that are one are merged. Each can be undone exactly."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.actions import journal
from conversations.actions.change import announce, record
from conversations.actions.summary import refresh
from conversations.models import Conversation, Draft, Event, Follow, Message, Operation
from conversations.refusal import Refused


@transaction.atomic
def move_message(message: Message, *, to: Conversation | None, by: User) -> Conversation:
    """Move one message to another conversation, or to a new one of the same customer: the conversation it is in now."""
    customer_id = message.identity.customer_id if message.identity else message.conversation.customer_id
    target = to or Conversation.objects.create(
        customer_id=customer_id,
        subject=message.subject or message.text[:80],
        team_id=message.conversation.team_id,
        active_at=message.sent_at,
    )
    source, target = _lock(message.conversation_id, target.pk)
    if source.pk == target.pk:
        raise Refused(_("The message is already there."), code="same")
    changes = [] if to else _resolved_on_undo(target)
    changes += [
        journal.entry(message, "conversation_id", source.pk, target.pk),
        journal.entry(message, "placement", message.placement, Message.Placement.MOVED),
    ]
    message.conversation, message.placement = target, Message.Placement.MOVED
    message.save(update_fields=["conversation", "placement"])
    _finish(Operation.Kind.MOVE_MESSAGE, source, target, changes, by)
    record(Event.Kind.MESSAGE_MOVED, source, by=by, message=message, to=target.pk)
    record(Event.Kind.MESSAGE_MOVED, target, by=by, message=message, came_from=source.pk)
    return target


def _resolved_on_undo(target: Conversation) -> list[journal.Change]:
    """A conversation that was made for a message is put away when the message goes back; its events stay."""
    resolved, now = Conversation.Status.RESOLVED, timezone.now()
    return [
        journal.entry(target, "status", resolved, target.status),
        journal.entry(target, "resolved_at", now, target.resolved_at),
    ]


@transaction.atomic
def merge(conversation: Conversation, *, into: Conversation, by: User) -> Operation:
    """Move everything of one conversation into another of the same customer, and resolve the empty one."""
    source, target = _lock(conversation.pk, into.pk)
    if source.pk == target.pk or source.merged_into_id or target.merged_into_id:
        raise Refused(_("These two cannot be merged."), code="same")
    if source.customer_id != target.customer_id:
        raise Refused(_("They belong to two customers. Merge the customers first."), code="customers")
    changes = _moved(source, target) + _tags_copied(source, target) + _closed(source, target)
    operation = _finish(Operation.Kind.MERGE_CONVERSATIONS, source, target, changes, by)
    record(Event.Kind.MERGED, target, by=by, came_from=source.pk, subject=source.subject)
    return operation


def _lock(source_pk: int, target_pk: int) -> tuple[Conversation, Conversation]:
    """Both, locked in one order, under new revisions."""
    pks = {source_pk, target_pk}
    locked = {
        one.pk: one for one in Conversation.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    }
    for one in locked.values():
        one.bump()
    return locked[source_pk], locked[target_pk]


def _moved(source: Conversation, target: Conversation) -> list[journal.Change]:
    """Messages and events move; followers and drafts too, unless the target has their own."""
    changes: list[journal.Change] = []
    for rows in (source.messages.all(), source.events.all()):
        changes += _move_rows(rows, source, target)
    followers = Follow.objects.filter(conversation=target).values("agent")
    changes += _move_rows(source.follows.exclude(agent__in=followers), source, target)
    kept = Draft.objects.filter(conversation=target).values("agent")
    changes += _move_rows(source.drafts.exclude(agent__in=kept), source, target)
    return changes


def _move_rows(rows: models.QuerySet[Any], source: Conversation, target: Conversation) -> list[journal.Change]:
    found = list(rows)
    rows.model._default_manager.filter(pk__in=[row.pk for row in found]).update(conversation=target)
    return [journal.entry(row, "conversation_id", source.pk, target.pk) for row in found]


def _tags_copied(source: Conversation, target: Conversation) -> list[journal.Change]:
    through = Conversation.tags.through
    missing = source.tags.exclude(pk__in=target.tags.values("pk"))
    return [journal.added(through.objects.create(conversation_id=target.pk, tag_id=tag.pk)) for tag in missing]


def _closed(source: Conversation, target: Conversation) -> list[journal.Change]:
    columns = ("status", "snoozed_until", "resolved_at", "merged_into_id", "waiting_since", "due_at")
    before = {name: getattr(source, name) for name in columns}
    target_before = {name: getattr(target, name) for name in ("waiting_since", "due_at")}
    target.waiting_since = min(filter(None, [source.waiting_since, target.waiting_since]), default=None)
    target.due_at = min(filter(None, [source.due_at, target.due_at]), default=None)
    source.set_status(Conversation.Status.RESOLVED)
    source.merged_into, source.waiting_since, source.due_at = target, None, None
    after = {name: getattr(source, name) for name in columns}
    target_after = {name: getattr(target, name) for name in target_before}
    return journal.differences(source, before, after) + journal.differences(target, target_before, target_after)


def _finish(
    kind: str, source: Conversation, target: Conversation, changes: list[journal.Change], by: User
) -> Operation:
    topics = {*source.inbox_topics, *target.inbox_topics}
    for one in (source, target):
        refresh(one)
        one.save()
        announce(one, topics)
    return Operation.objects.create(kind=kind, conversation=target, by=by, changes=changes)
