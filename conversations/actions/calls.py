"""What happens to calls: they ring, are answered, end, are missed, are owed; each stands in its customer's conversation."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import User
from channels_app.contract import CallState, CallUpdate, InboundMessage
from channels_app.models import Channel, Envelope
from conversations.actions.attaching import attach
from conversations.actions.change import changing, record
from conversations.actions.messages import touch
from conversations.actions.placing import intake_of
from conversations.actions.receiving import receive_message
from conversations.hours import opening
from conversations.live import nudge
from conversations.models import Call, Conversation, Event
from conversations.search import index
from conversations.switchboard import listeners

logger = logging.getLogger(__name__)

State, Outcome, Direction = Call.State, Call.Outcome, Call.Direction
# Whoever asks for a call-back while somebody is there expects it within this time.
CALL_BACK_WITHIN = timedelta(minutes=30)
# By the provider's own word for a call that we placed and nobody took.
OUTCOMES = {"busy": Outcome.BUSY, "canceled": Outcome.DECLINED, "rejected": Outcome.DECLINED, "failed": Outcome.FAILED}


@transaction.atomic
def receive_call(channel: Channel, update: CallUpdate, envelope: Envelope | None = None) -> Call | None:
    """Take news of a call; the first of it places the call. None where it names no call that we know or could place."""
    call = _known(channel, update) or _begun(channel, update, envelope)
    if call is None:
        logger.info("call.unknown", extra={"channel": channel.pk, "call": update.call_id})
        return None
    with changing(call.message.conversation_id) as conversation:
        call = Call.objects.select_for_update().get(pk=call.pk)
        _apply(call, update, conversation)
        call.save()
        touch(call.message, conversation)
        announce_call(call, conversation)
    return call


def announce_call(call: Call, conversation: Conversation) -> None:
    """Let the agents whom it concerns look at the calls of this moment again."""
    for pk in listeners(conversation):
        nudge(f"inbox-agent-{pk}", conversation=conversation.pk, call=call.pk)


def call_back_time(channel: Channel, at: datetime) -> datetime:
    """When a call-back that is asked for now is due: soon where somebody is there, else when the desk opens."""
    now = opening(intake_of(channel).hours, at)
    return (at if now.is_open else now.opens_at or at) + CALL_BACK_WITHIN


def end_forgotten() -> int:
    """End calls of whose end we have never heard: how many."""
    cold = Call.objects.filter(state__in=Call.LIVE, medium=Call.Medium.TELEPHONE).exclude(pk__in=Call.objects.live())
    return sum(_end_silently(call) for call in cold.select_related("message")[:100])


def _end_silently(call: Call) -> bool:
    """As a caller's news would, if none came meanwhile."""
    with changing(call.message.conversation_id) as conversation:
        call = Call.objects.select_for_update().get(pk=call.pk)
        if not call.is_live:
            return False
        _end(call, CallUpdate(call.external_id, state=CallState.COMPLETED), timezone.now())
        call.save()
        touch(call.message, conversation)
    return True


def _known(channel: Channel, update: CallUpdate) -> Call | None:
    calls = Call.objects.filter(channel=channel).select_related("message")
    if update.key:
        return calls.filter(key=UUID(update.key)).first() if _is_uuid(update.key) else None
    return calls.filter(external_id=update.call_id[:255]).first()


def _begun(channel: Channel, update: CallUpdate, envelope: Envelope | None) -> Call | None:
    """A customer calls: the call takes its place like any message, and the customer waits until somebody answers."""
    if update.address is None or not update.call_id:
        return None
    came = InboundMessage(
        update.call_id,
        update.address,
        sent_at=update.at or timezone.now(),
        opens_window=False,
        wants_no_auto_reply=True,
        details={"call": Call.Medium.TELEPHONE},
    )
    message = receive_message(channel, came, envelope)
    number = "" if update.address.is_local else update.address.value
    begun = {"channel": channel, "external_id": update.call_id[:255], "number": number, "started_at": message.sent_at}
    return Call.objects.get_or_create(message=message, defaults={"direction": Direction.INBOUND, **begun})[0]


def _apply(call: Call, update: CallUpdate, conversation: Conversation) -> None:
    at = update.at or timezone.now()
    call.external_id = call.external_id or update.call_id[:255]
    call.chosen = update.chosen[:200] or call.chosen
    call.code = update.code[:80] or call.code
    if update.transcript:
        call.transcript = update.transcript.replace("\0", "")
        index(call.message, call.transcript)  # what was said is found like what was written
    if update.answered_by:
        _picked_up(call, update.answered_by, at, conversation)
    if update.wants_call_back and call.number and call.callback_at is None:
        _owe(call, call_back_time(call.channel, at), conversation)
    if update.recording is not None:
        _keep_recording(call, update)
    # Of a call that came in, only its own end ends it; agents who were rung in vain do not.
    if update.state in Call.ENDED and not (call.direction == Direction.INBOUND and not update.is_inbound):
        _end(call, update, at)


def _picked_up(call: Call, number: str, at: datetime, conversation: Conversation) -> None:
    """Somebody took the call: an agent where a customer called, the customer where an agent did."""
    is_customer = _digits(number) == _digits(call.number)
    if call.direction == Direction.OUTBOUND and not is_customer:
        return  # the agent's own telephone, which rings first
    if call.direction == Direction.INBOUND:
        call.agent = User.objects.answering().filter(phone=f"+{_digits(number)}").first() or call.agent
        _hand_over(conversation, call.agent)
    call.answered_at = call.answered_at or at
    call.outcome = Outcome.ANSWERED
    call.rise(State.COMPLETED if call.ended_at else State.IN_PROGRESS)
    conversation.agent_replied(at)
    _settle_debts(call, conversation, at)


def _hand_over(conversation: Conversation, agent: User | None) -> None:
    """Whoever speaks with the customer has the conversation, where nobody had it."""
    if agent is not None and conversation.assignee_id is None:
        conversation.assignee = agent
        record(Event.Kind.ASSIGNED, conversation, by=agent, to=agent.pk, name=agent.name)


def _settle_debts(call: Call, conversation: Conversation, at: datetime) -> None:
    """Who was reached need not be called back any more."""
    owed = Call.objects.to_call_back().filter(message__conversation=conversation).exclude(pk=call.pk)
    for one in owed.select_related("message"):
        one.called_back_at = at
        one.save(update_fields=["called_back_at"])
        touch(one.message, conversation)


def _owe(call: Call, when: datetime, conversation: Conversation) -> None:
    call.callback_at = when
    call.outcome = Outcome.CALL_BACK
    conversation.waiting_since = conversation.waiting_since or call.started_at
    conversation.due_at = when


def _keep_recording(call: Call, update: CallUpdate) -> None:
    assert update.recording is not None
    attach(call.message, [update.recording])
    if update.is_voicemail and call.answered_at is None and call.outcome != Outcome.CALL_BACK:
        call.outcome = Outcome.VOICEMAIL


def _end(call: Call, update: CallUpdate, at: datetime) -> None:
    """The call is over; what it was follows from whether anybody took it."""
    call.ended_at = call.ended_at or at
    talked = (call.ended_at - call.answered_at).total_seconds() if call.answered_at else None
    call.duration = max(0, round(talked if talked is not None else update.duration or 0))
    if call.answered_at:
        call.rise(State.COMPLETED)
        return
    call.rise(State.FAILED if update.state == CallState.FAILED else State.MISSED)
    if not call.outcome:
        call.outcome = OUTCOMES.get(update.code or call.code, Outcome.NOBODY)


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _is_uuid(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True
