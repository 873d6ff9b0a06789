"""Taking back one operation of the journal."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.actions import journal
from conversations.actions.change import announce, record
from conversations.actions.summary import refresh
from conversations.models import Conversation, Event, Operation
from conversations.refusal import Refused

MERGES_UNDOABLE_FOR = timedelta(days=30)


@transaction.atomic
def undo(operation: Operation, *, by: User) -> list[journal.Change]:
    """Put back what an operation changed; returns what was left alone because it has changed again since.

    Raises Refused for one that was undone already or is too old.
    """
    locked = Operation.objects.select_for_update().get(pk=operation.pk)
    if locked.undone_at is not None:
        raise Refused(_("This was undone already."), code="undone")
    if timezone.now() - locked.created_at > MERGES_UNDOABLE_FOR:
        raise Refused(_("This is too long ago to be undone."), code="old")
    touched = _lock(locked)
    topics = {topic for conversation in touched for topic in conversation.inbox_topics}
    left_alone = journal.revert(locked.changes)
    locked.undone_at, locked.undone_by = timezone.now(), by
    locked.save(update_fields=["undone_at", "undone_by"])
    for conversation in Conversation.objects.filter(pk__in=[one.pk for one in touched]).order_by("pk"):
        conversation.bump()
        refresh(conversation, with_contents=locked.kind != Operation.Kind.CHANGE)
        if conversation.pk == locked.conversation_id:
            record(Event.Kind.UNDONE, conversation, by=by, operation=locked.kind)
        conversation.save()
        announce(conversation, topics)
    return left_alone


def _lock(operation: Operation) -> list[Conversation]:
    """Lock every conversation that the operation touched, in one order, so that two undos cannot block each other."""
    pks = {operation.conversation_id}
    for change in operation.changes:
        if change["model"] == "conversations.conversation":
            pks.add(change["pk"])
        if change["column"] == "conversation_id":
            pks |= {change["before"], change["after"]}
    return list(Conversation.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))


def last_undoable(agent: User, *, within: timedelta) -> Operation | None:
    """What the agent did last, if it is recent and not undone."""
    recent = Operation.objects.filter(by=agent, undone_at=None, created_at__gte=timezone.now() - within)
    return recent.select_related("conversation").order_by("-id").first()
