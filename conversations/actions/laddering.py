"""A reply that stays unread follows by the next channel of its plan; a read or an answer on any of them ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations import reach
from conversations.actions.change import changing, record
from conversations.actions.messages import touch
from conversations.models import Conversation, Delivery, Event, Ladder, Message, Rung
from conversations.reach import Route
from conversations.sources import kept
from conversations.wake import wake

# A send that is still on its way is looked at again so soon.
SOON = timedelta(seconds=20)
MOST_AT_ONCE = 200
GONE = _("The customer can no longer be reached there.")


@dataclass(frozen=True)
class Step:
    """One further way of a plan, and how many minutes what went before may stay unread."""

    route: Route
    after_minutes: int
    template: dict[str, Any] = field(default_factory=dict)


def steps_of(ladder: Ladder, ways: Sequence[Route], first: Route | None) -> list[Step]:
    """What a preset means for one customer: channels that do not reach them, or come first anyway, are left out."""
    found, taken = [], {first.key} if first else set()
    for step in ladder.steps.all():
        way = next((way for way in ways if way.channel.pk == step.channel_id and way.key not in taken), None)
        if way is not None:
            found.append(Step(way, step.after_minutes, step.template))
            taken.add(way.key)
    return found


def plan(message: Message, steps: Sequence[Step]) -> None:
    """Lay the rungs of a reply, in the transaction of the reply."""
    Rung.objects.bulk_create(
        Rung(
            message=message,
            number=number,
            channel=step.route.channel,
            identity=step.route.identity,
            after_minutes=step.after_minutes,
            template=step.template,
            look_at=timezone.now() + SOON,
        )
        for number, step in enumerate(steps, start=1)
    )
    if steps:
        message.details = {**message.details, "has_plan": True}
        message.save(update_fields=["details"])


def climb_due() -> int:
    """Look at every reply whose next rung may be due, longest overdue first: how many went on."""
    due = Rung.objects.filter(state=Rung.State.WAITING, look_at__lte=timezone.now()).order_by("look_at")
    replies = dict.fromkeys(due.values_list("message", flat=True)[:MOST_AT_ONCE])
    return sum(climb(pk) for pk in replies)


def hurry(message: Message) -> None:
    """What was sent last may have failed: the next rung need not wait."""
    if message.details.get("has_plan"):
        Rung.objects.filter(message=message, state=Rung.State.WAITING).update(look_at=timezone.now())


def climb(message_pk: int) -> bool:
    """Send one reply on by its next rung if the time has come, or end its plan; whether it was sent on."""
    message = Message.objects.select_related("conversation").get(pk=message_pk)
    with changing(message.conversation_id) as conversation:
        waiting = list(_waiting(message))
        if reason := _ended(message):
            _end(waiting, reason)
            touch(message, conversation)
            return False
        return _climb(conversation, message, waiting)


def _waiting(message: Message) -> Any:
    found = Rung.objects.select_for_update(of=("self",)).filter(message=message, state=Rung.State.WAITING)
    return found.select_related("channel", "identity__customer").order_by("number")


def _ended(message: Message) -> str:
    """Why nothing more has to follow; blank where it may."""
    states = set(message.deliveries.values_list("state", flat=True))
    if Delivery.State.READ in states:
        return Rung.Reason.READ
    wrote = message.conversation.messages.filter(kind=Message.Kind.INBOUND, is_automatic=False)
    if wrote.filter(created_at__gt=message.created_at).exists():
        return Rung.Reason.ANSWERED
    return Rung.Reason.STOPPED if states == {Delivery.State.CANCELLED} else ""


def _end(rungs: Sequence[Rung], reason: str) -> None:
    for rung in rungs:
        rung.state, rung.reason = Rung.State.CANCELLED, reason
    Rung.objects.bulk_update(rungs, ["state", "reason"])


def _climb(conversation: Conversation, message: Message, waiting: Sequence[Rung]) -> bool:
    """Take the first rung that can be stood on; those that cannot are passed over with the reason."""
    before = message.deliveries.filter(role=Delivery.Role.TO).order_by("-id").first()
    ways = {(way.channel.pk, way.identity.pk): way for way in reach.routes(conversation.customer)}
    for rung in waiting:
        at = _due_at(before, rung)
        if at > timezone.now():
            # Those behind it cannot come sooner: none of them needs a look before.
            Rung.objects.filter(message=message, state=Rung.State.WAITING).update(look_at=at)
            return False
        if reason := _obstacle(message, rung, ways.get((rung.channel_id, rung.identity_id))):
            rung.state, rung.reason = Rung.State.SKIPPED, reason[:200]
            rung.save(update_fields=["state", "reason"])
            touch(message, conversation)
            continue
        _send_on(conversation, message, rung)
        return True
    return False


def _due_at(before: Delivery | None, rung: Rung) -> datetime:
    """When a rung's time comes: at once after a failure, else so long after what went before was sent."""
    if before is None or before.state in (Delivery.State.FAILED, Delivery.State.CANCELLED):
        return timezone.now()
    if before.state in (Delivery.State.QUEUED, Delivery.State.SENDING):
        return max(before.not_before, timezone.now()) + SOON
    return (before.sent_at or before.created_at) + timedelta(minutes=rung.after_minutes)


def _obstacle(message: Message, rung: Rung, way: Route | None) -> str:
    if way is None:
        return kept(GONE)
    if message.deliveries.filter(channel=rung.channel_id, address=rung.identity.value).exists():
        return Rung.Reason.KNOWN
    is_fit = way.is_usable or (bool(rung.template) and way.can_use_template)
    return "" if is_fit else kept(way.reason)


def _send_on(conversation: Conversation, message: Message, rung: Rung) -> None:
    delivery = Delivery.objects.create(
        message=message,
        channel=rung.channel,
        identity=rung.identity,
        address=rung.identity.value,
        name=rung.identity.name or rung.identity.customer.name,
        cancel_if_answered=True,
    )
    rung.state, rung.delivery = Rung.State.SENT, delivery
    rung.save(update_fields=["state", "delivery"])
    touch(message, conversation)
    record(Event.Kind.SENT_ON, conversation, message=message, channel=str(rung.channel))
    wake("deliver", delivery.pk)


def stop(message: Message, *, by: User) -> None:
    """An agent takes back what has not been sent on yet."""
    with changing(message.conversation_id) as conversation:
        take_back(message)
        touch(message, conversation)


def take_back(message: Message) -> None:
    """Nothing more follows of a reply; its conversation is locked."""
    _end(list(_waiting(message)), Rung.Reason.STOPPED)
