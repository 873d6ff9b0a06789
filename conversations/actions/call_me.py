"""A visitor asks to be called: the wish stands in their conversation, and the desk owes a call from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Channel
from conversations.actions import visiting
from conversations.actions.calls import announce_call, call_back_time
from conversations.actions.change import changing
from conversations.actions.messages import touch
from conversations.actions.placing import intake_of
from conversations.hours import opening
from conversations.models import Call, Message, Visitor
from customers.actions import claim

MOST_SLOTS = 12
DAYS_AHEAD = 7


def ask(
    visitor: Visitor, *, by: Channel, number: str, when: datetime | None, topic: str, client_id: str
) -> Call | None:
    """Note the wish; asking twice with one id is asking once. `by` is the channel that will call, `when` None: soon."""
    message = visiting.speak(visitor, client_id=client_id, text=_wish(number, topic))
    if message is None:
        return None
    due = when or call_back_time(by, timezone.now())
    with changing(message.conversation_id) as conversation:
        call, is_new = Call.objects.get_or_create(message=message, defaults=_owed(by, number, due))
        if is_new:
            _mark(message)
            conversation.due_at = due
            claim(conversation.customer, "phone", number, source=str(by))
            touch(message, conversation)
            announce_call(call, conversation)
    return call


def slots(channel: Channel, now: datetime | None = None) -> list[datetime]:
    """Full hours within business hours at which one can be called, soonest first."""
    return list(islice(_open_hours(channel, now or timezone.now()), MOST_SLOTS))


def _open_hours(channel: Channel, now: datetime) -> Iterator[datetime]:
    hours = intake_of(channel).hours
    first = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for ahead in range(24 * DAYS_AHEAD):
        at = first + timedelta(hours=ahead)
        if opening(hours, at).is_open:
            yield at


def _wish(number: str, topic: str) -> str:
    return "\n".join(filter(None, [_("Please call me: %(number)s") % {"number": number}, topic.strip()]))


def _owed(channel: Channel, number: str, due: datetime) -> dict[str, object]:
    return {
        "channel": channel,
        "direction": Call.Direction.INBOUND,
        "state": Call.State.REQUESTED,
        "outcome": Call.Outcome.CALL_BACK,
        "number": number,
        "callback_at": due,
    }


@transaction.atomic
def _mark(message: Message) -> None:
    message.details = {**message.details, "call": Call.Medium.TELEPHONE}
    message.save(update_fields=["details"])
