"""Status, owner, priority and tags of a conversation."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Team, User
from conversations.actions import journal, tending
from conversations.actions.change import announce, changing, record
from conversations.live import say
from conversations.models import Conversation, Event, Follow, Mention, Operation, ReadMark, Tag
from conversations.refusal import Refused
from conversations.search import index

Status = Conversation.Status


def resolve(conversation: Conversation, *, by: User | None) -> Conversation:
    """The customer has been helped."""
    resolved = _set_status(conversation, Status.RESOLVED, Event.Kind.RESOLVED, by)
    tending.conversation_ended(resolved)
    return resolved


def reopen(conversation: Conversation, *, by: User | None) -> Conversation:
    """There is more to do."""
    return _set_status(conversation, Status.OPEN, Event.Kind.REOPENED, by)


def set_pending(conversation: Conversation, *, by: User | None) -> Conversation:
    """We wait for the customer or for somebody else."""
    return _set_status(conversation, Status.PENDING, Event.Kind.PENDING, by)


def snooze(conversation: Conversation, *, until: datetime, by: User) -> Conversation:
    """Put it away until a time; raises Refused for a time that has passed."""
    if until <= timezone.now():
        raise Refused(_("Choose a time that is still to come."), code="past")
    with changing(conversation.pk, by=by) as locked:
        locked.set_status(Status.SNOOZED, until=until)
        record(Event.Kind.SNOOZED, locked, by=by, until=until.isoformat())
    return locked


def wake_due() -> int:
    """Bring back what was snoozed until now, unread and on top: how many."""
    pks = list(Conversation.objects.waking().values_list("pk", flat=True)[:200])
    return sum(_wake(pk) for pk in pks)


def _wake(pk: int) -> bool:
    with changing(pk) as locked:
        if locked.status != Status.SNOOZED or locked.snoozed_until is None or locked.snoozed_until > timezone.now():
            return False
        locked.active_at = timezone.now()
        locked.set_status(Status.OPEN)
        locked.last_inbound_revision = locked.revision
        record(Event.Kind.WOKE, locked, was=Status.SNOOZED)
    return True


def _set_status(conversation: Conversation, status: str, kind: str, by: User | None) -> Conversation:
    with changing(conversation.pk, by=by) as locked:
        if locked.merged_into_id and status != Status.RESOLVED:
            raise Refused(_("This conversation was merged into another."), code="merged")
        if locked.status != status:
            locked.set_status(status)
            record(kind, locked, by=by)
        if status == Status.RESOLVED:
            locked.waiting_since = locked.due_at = None
    return locked


def assign(conversation: Conversation, *, to: User | None, by: User | None) -> Conversation:
    """Give it to an agent, or to nobody."""
    with changing(conversation.pk, by=by) as locked:
        if locked.assignee_id != (to.pk if to else None):
            locked.assignee = to
            record(Event.Kind.ASSIGNED, locked, by=by, to=to.pk if to else None, name=to.name if to else "")
    return locked


def set_team(conversation: Conversation, *, team: Team | None, by: User | None) -> Conversation:
    """Hand it to a team, or to none."""
    with changing(conversation.pk, by=by) as locked:
        if locked.team_id != (team.pk if team else None):
            locked.team = team
            record(Event.Kind.TEAM_CHANGED, locked, by=by, to=team.pk if team else None, name=team.name if team else "")
    return locked


def set_priority(conversation: Conversation, *, priority: int, by: User | None) -> Conversation:
    """Say how urgent it is."""
    with changing(conversation.pk, by=by) as locked:
        if locked.priority != priority:
            locked.priority = Conversation.Priority(priority)
            record(Event.Kind.PRIORITY_CHANGED, locked, by=by, to=priority)
    return locked


def rename(conversation: Conversation, *, subject: str, by: User) -> Conversation:
    """Give it another subject."""
    with changing(conversation.pk, by=by) as locked:
        if locked.subject != subject:
            record(Event.Kind.RENAMED, locked, by=by, was=locked.subject)
            locked.subject = subject[:300]
            if first := locked.messages.in_order().first():
                index(first, locked.subject)
    return locked


def add_tag(conversation: Conversation, *, name: str, by: User | None) -> Tag:
    """Put a tag on it; a new word becomes a new tag."""
    tag, _created = Tag.objects.get_or_create(name=" ".join(name.split())[:60])
    _change_tag(conversation, tag, by, is_added=True)
    return tag


def remove_tag(conversation: Conversation, *, tag: Tag, by: User | None) -> None:
    """Take a tag off it."""
    _change_tag(conversation, tag, by, is_added=False)


def _change_tag(conversation: Conversation, tag: Tag, by: User | None, *, is_added: bool) -> None:
    through = Conversation.tags.through
    with changing(conversation.pk) as locked:
        link = through.objects.filter(conversation_id=locked.pk, tag_id=tag.pk).first()
        if is_added == (link is not None):
            return
        if link is None:
            change = journal.added(through.objects.create(conversation_id=locked.pk, tag_id=tag.pk))
        else:
            change = journal.removed(link)
            link.delete()
        if by is not None:
            Operation.objects.create(kind=Operation.Kind.CHANGE, conversation=locked, by=by, changes=[change])
        record(Event.Kind.TAGGED if is_added else Event.Kind.UNTAGGED, locked, by=by, tag=tag.name)


def follow(conversation: Conversation, *, agent: User) -> None:
    """The agent hears of it from now on."""
    Follow.objects.get_or_create(conversation=conversation, agent=agent)


def unfollow(conversation: Conversation, *, agent: User) -> None:
    Follow.objects.filter(conversation=conversation, agent=agent).delete()


def mark_read(conversation: Conversation, *, agent: User, revision: int | None = None) -> None:
    """The agent has seen everything up to a revision; the mark never goes back by this."""
    seen = conversation.revision if revision is None else min(revision, conversation.revision)
    named = Mention.objects.filter(agent=agent, message__conversation=conversation, message__revision__lte=seen)
    named.filter(read_at=None).update(read_at=timezone.now())
    mark, is_new = ReadMark.objects.get_or_create(conversation=conversation, agent=agent, defaults={"revision": seen})
    if not is_new and not (
        mark.revision < seen and ReadMark.objects.filter(pk=mark.pk, revision__lt=seen).update(revision=seen)
    ):
        return
    say(conversation.topic, "seen")  # a customer whose panel is open sees that it was read
    tending.customer_seen(conversation)


def mark_unread(conversation: Conversation, *, agent: User) -> None:
    """The agent wants to come back to the customer's last message."""
    before = max(0, conversation.last_inbound_revision - 1)
    ReadMark.objects.update_or_create(conversation=conversation, agent=agent, defaults={"revision": before})
    announce(conversation)
