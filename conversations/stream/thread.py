"""A conversation's stream as the screen shows it: messages, what happened, days, changes of channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Model, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from agents.models import User
from channels_app.models import Channel
from conversations.models import Conversation, Delivery, Event, Mention, Message
from conversations.stream import parts
from customers.models import Identity

if TYPE_CHECKING:
    from conversations.models.message import MessageQuerySet

PAGE = 50
# Two messages of one author this close share a head.
TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True)
class Line:
    """One line of the thread; `key` sorts it among the others, `kind` names its template."""

    kind: str
    at: datetime
    key: str
    message: Message | None = None
    event: Event | None = None
    channel: Channel | None = None
    is_continued: bool = False


@dataclass(frozen=True)
class Thread:
    """A stretch of the stream, and whether older lines stand before it."""

    lines: list[Line]
    earlier: str = ""
    suggested: list[Event] = field(default_factory=list)


def stretch(conversation: Conversation, *, before: str = "", read: int | None = None, by: User | None = None) -> Thread:
    """The newest lines, or those before a key; `read` is the revision up to which the agent has seen them."""
    found = _complete(list(_before(_messages(conversation), before).order_by("-sent_at", "-id")[: PAGE + 1]))
    messages = found[:PAGE][::-1]
    has_earlier = len(found) > PAGE
    since = messages[0].sent_at if has_earlier else None
    events = _events(conversation, since, _moment(before))
    told = [event for event in events if event.kind != Event.Kind.SUGGESTED]
    lines = list(_marked(_separated(_merged(messages, told)), read, by))
    suggested = [event for event in events if event.kind == Event.Kind.SUGGESTED]
    return Thread(lines, suggested=suggested, earlier=_key(messages[0].sent_at, messages[0].pk) if has_earlier else "")


def changes(conversation: Conversation, after: int) -> list[Line]:
    """The lines that are new or different since a revision, in order, each with the separators that belong before it."""
    changed = _complete(list(_messages(conversation).changed_since(after).in_order()))
    told = _shown_events(conversation).exclude(kind=Event.Kind.SUGGESTED)
    events = list(told.filter(revision__gt=after).order_by("created_at", "id"))
    if not changed and not events:
        return []
    lines = _merged(changed, events)
    before = _predecessor(conversation, lines[0])
    shown = list(_separated([*before, *lines]))
    # The predecessor and its own day stand there already.
    return shown[2:] if before else shown


def said(message: Message) -> Line:
    """One message as a line of its own."""
    return Line("message", message.sent_at, _key(message.sent_at, message.pk), message=message)


def loaded(message: Message) -> Message:
    """The message again, with all that a thread shows of it."""
    return _complete([_plain(Message.objects.filter(pk=message.pk)).select_related("conversation").get()])[0]


def unshown(path: str, model: type[Model], *shown: str) -> list[str]:
    """Columns of a related row that no screen shows, for defer(): a page names hundreds of them otherwise."""
    return [f"{path}__{field.name}" for field in model._meta.concrete_fields if field.name not in ("id", *shown)]


UNSHOWN = [
    *unshown("channel", Channel, "key", "kind", "name"),
    *unshown("identity", Identity, "kind", "account", "value", "name"),
    *unshown("author", User, "name", "email"),
    *unshown("in_reply_to", Message, "kind", "text", "deleted_at"),
]


def _plain(messages: MessageQuerySet) -> MessageQuerySet:
    shown = messages.select_related("channel", "identity", "author", "in_reply_to").defer(*UNSHOWN)
    return shown.annotate(given_reactions=parts.reactions_of()).prefetch_related("attachments")


def _complete(messages: list[Message]) -> list[Message]:
    """Fetch what only some messages have: outcomes of replies, agents named in notes."""
    prefetch_related_objects([one for one in messages if one.kind == Message.Kind.OUTBOUND], "deliveries")
    planned = [one for one in messages if one.details.get("has_plan")]
    prefetch_related_objects(planned, "rungs__channel", "deliveries__channel")
    prefetch_related_objects([one for one in messages if one.details.get("call")], "call__agent")
    notes = [one for one in messages if one.kind == Message.Kind.NOTE and "@[" in one.text]
    prefetch_related_objects(notes, Prefetch("mentions", Mention.objects.select_related("agent")))
    return messages


def _messages(conversation: Conversation) -> MessageQuerySet:
    return _plain(conversation.messages.all())


def _shown_events(conversation: Conversation) -> QuerySet[Event]:
    return (
        Event.objects.filter(conversation=conversation, kind__in=Event.IN_THREAD)
        .select_related("actor")
        .defer(*unshown("actor", User, "name", "email"))
    )


def _events(conversation: Conversation, since: datetime | None, until: datetime | None) -> list[Event]:
    events = _shown_events(conversation)
    if since is not None:
        events = events.filter(created_at__gte=since)
    if until is not None:
        events = events.filter(created_at__lt=until)
    return list(events.order_by("created_at", "id"))


def _before(messages: MessageQuerySet, key: str) -> MessageQuerySet:
    moment = _moment(key)
    if moment is None:
        return messages
    return messages.filter(Q(sent_at__lt=moment) | Q(sent_at=moment, pk__lt=int(key.rpartition("-")[2])))


def _key(at: datetime, pk: int, rank: str = "5") -> str:
    """Sorts as text: the time in UTC, the rank within it, the row."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{rank}-{pk:019d}"


def _moment(key: str) -> datetime | None:
    """The time in a key; None where there is none. Raises ValueError for what is not a key."""
    return datetime.strptime(key.partition("-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC) if key else None


def _merged(messages: Sequence[Message], events: Sequence[Event]) -> list[Line]:
    lines = [said(message) for message in messages]
    first = min((message.sent_at for message in messages), default=None)
    lines += [_happened(event, first) for event in events]
    return sorted(lines, key=lambda line: line.key)


def _happened(event: Event, first: datetime | None) -> Line:
    """An event at its time; that a conversation began stands before what began it."""
    if event.kind == Event.Kind.CREATED and first is not None and first <= event.created_at:
        return Line("event", first, _key(first, event.pk, "4"), event=event)
    return Line("event", event.created_at, _key(event.created_at, event.pk, "6"), event=event)


def _predecessor(conversation: Conversation, line: Line) -> list[Line]:
    earlier = Message.objects.filter(conversation=conversation, sent_at__lt=line.at).select_related("channel")
    message = earlier.order_by("-sent_at", "-id").first()
    return [said(message)] if message else []


def _separated(lines: Iterable[Line]) -> Iterator[Line]:
    """Put a line before the first of each day and before each change of channel; mark what continues its predecessor."""
    last: Line | None = None
    spoken: Message | None = None
    for line in lines:
        is_new_day = last is None or _day(last) != _day(line)
        if is_new_day:
            yield Line("day", line.at, _key(_midnight(line.at), 0, "1"))
        if line.message and spoken and line.message.channel_id and _turns(spoken, line.message):
            yield Line(
                "channel", line.at, _key(line.at, line.message.pk, "2"), line.message, channel=line.message.channel
            )
            is_new_day = True
        yield replace(line, is_continued=not is_new_day and _continues(last, line))
        last = line
        if line.message and line.message.channel_id:
            spoken = line.message


def _day(line: Line) -> object:
    return timezone.localdate(line.at)


def _midnight(at: datetime) -> datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def _turns(before: Message, message: Message) -> bool:
    return before.channel_id != message.channel_id


def _continues(last: Line | None, line: Line) -> bool:
    before, message = last.message if last else None, line.message
    if before is None or message is None or message.kind == Message.Kind.NOTE or message.html or message.subject:
        return False
    same = (before.kind, before.author_id, before.identity_id) == (message.kind, message.author_id, message.identity_id)
    return same and message.sent_at - before.sent_at < TOGETHER and not (before.html or before.deleted_at)


def _marked(lines: Iterable[Line], read: int | None, by: User | None) -> Iterator[Line]:
    """Put the new-message line before the first message that the agent has not seen, unless all are new or their own."""
    is_waiting, seen = read is not None, False
    for line in lines:
        message = line.message if line.kind == "message" else None
        if is_waiting and message and seen and message.revision > (read or 0) and _is_news(message, by):
            yield Line("new", line.at, _key(line.at, 0, "3"))
            is_waiting = False
        seen = seen or message is not None
        yield line


def _is_news(message: Message, by: User | None) -> bool:
    return by is None or message.author_id != by.pk


@dataclass(frozen=True)
class Outcome:
    """What became of a reply, over all its recipients: the state that is shown, and those that need a person."""

    state: str
    deliveries: list[Delivery]
    troubled: list[Delivery]
    pending_until: datetime | None = None

    @property
    def is_single(self) -> bool:
        return len(self.deliveries) == 1


WORST_FIRST = (
    Delivery.State.FAILED,
    Delivery.State.UNKNOWN,
    Delivery.State.QUEUED,
    Delivery.State.SENDING,
    Delivery.State.SENT,
    Delivery.State.DELIVERED,
    Delivery.State.READ,
    Delivery.State.CANCELLED,
)


def outcome(message: Message) -> Outcome | None:
    """The outcome of a reply from its prefetched deliveries; None where nothing was to be sent."""
    deliveries = list(message.deliveries.all())
    if not deliveries:
        return None
    states = {delivery.state for delivery in deliveries}
    state = next(state for state in WORST_FIRST if state in states)
    waits = [d.not_before for d in deliveries if d.state == Delivery.State.QUEUED and d.not_before > timezone.now()]
    return Outcome(
        state, deliveries, [d for d in deliveries if d.needs_attention], pending_until=min(waits, default=None)
    )
