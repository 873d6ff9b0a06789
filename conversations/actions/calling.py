"""An agent calls a customer: the agent's own telephone rings first, then the customer's."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app.contract import AccountFailure, CallOrder, CallState, CallUpdate, DeliveryError, UnknownOutcome
from channels_app.models import Channel
from conversations.actions.calls import announce_call, receive_call
from conversations.actions.change import changing
from conversations.actions.messages import add_message
from conversations.models import Call, Conversation, Message
from conversations.refusal import Refused
from conversations.sources import kept
from conversations.switchboard import voice_channel
from conversations.wake import wake
from customers.consent import newest
from customers.models import Identity

logger = logging.getLogger(__name__)

# A wake-up that is lost is not made good: an agent who has gone on does not want the telephone to ring.
PLACED_WITHIN = timedelta(minutes=1)


def call_customer(conversation: Conversation, *, identity: Identity | None, number: str, by: User) -> Call:
    """Note the call and let a worker place it; raises Refused where the agent or the desk has no telephone."""
    channel = voice_channel()
    if channel is None:
        raise Refused(_("No telephone channel of the desk works now."), code="channel")
    if not by.phone:
        raise Refused(
            _("Enter your own telephone in your settings first: it rings before the customer's."), code="phone"
        )
    _check_wanted(identity, channel)
    with changing(conversation.pk) as locked:
        _check_free(by)
        call = _noted(locked, channel, identity, number, by)
        announce_call(call, locked)
    wake("place_call", call.pk)
    return call


def _check_wanted(identity: Identity | None, channel: Channel) -> None:
    """Refuse to call a number whose owner wants no word from us, unless they have asked for this very call since."""
    said = newest(identity, channel.account) if identity else None
    if said is None or said.is_granted:
        return
    asked = Call.objects.to_call_back().filter(message__identity__customer=said.identity.customer_id)
    if not asked.filter(message__sent_at__gt=said.at).exists():
        raise Refused(_("The customer asked not to be called or written to at this number."), code="consent")


def _check_free(agent: User) -> None:
    """Refuse a second call at a time; the agent's row makes two clicks come one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if Call.objects.live().filter(agent=agent).exists():
        raise Refused(_("You are already on the phone."), code="busy")


def _noted(conversation: Conversation, channel: Channel, identity: Identity | None, number: str, by: User) -> Call:
    message = add_message(
        conversation,
        Message.Kind.OUTBOUND,
        what="call",
        channel=channel,
        identity=identity,
        author=by,
        details={"call": Call.Medium.TELEPHONE},
    )
    return Call.objects.create(
        message=message, channel=channel, direction=Call.Direction.OUTBOUND, number=number, agent=by
    )


def place(pk: int) -> None:
    """Ask the provider to ring; a call that is already placed, or too old, is left alone."""
    fresh = Call.objects.filter(pk=pk, state=Call.State.RINGING, external_id="", details={})
    if not fresh.filter(started_at__gt=timezone.now() - PLACED_WITHIN).update(details={"placed": True}):
        return
    call = Call.objects.select_related("channel", "agent", "message__conversation__customer").get(pk=pk)
    assert call.agent is not None
    order = CallOrder(call.key.hex, call.agent.phone, call.number, call.message.conversation.customer.language)
    try:
        receipt = call.channel.connector.call(order)
    except UnknownOutcome:
        return  # it may ring; the provider's news will tell, or the sweep ends it
    except DeliveryError as failure:
        _fail(call, failure)
    else:
        Call.objects.filter(pk=pk, external_id="").update(external_id=receipt.external_id[:255])


def fail_unplaced() -> int:
    """Give up calls that no worker has placed in time: how many."""
    late = Call.objects.filter(
        direction=Call.Direction.OUTBOUND,
        medium=Call.Medium.TELEPHONE,
        state=Call.State.RINGING,
        external_id="",
        started_at__lt=timezone.now() - 2 * PLACED_WITHIN,
    )
    found = list(late.select_related("channel")[:100])
    for call in found:
        _fail(call, DeliveryError("not placed in time", code="late"))
    return len(found)


@transaction.atomic
def _fail(call: Call, failure: DeliveryError) -> None:
    Call.objects.filter(pk=call.pk).update(details={"placed": True, "advice": kept(failure.advice)})
    news = CallUpdate("", state=CallState.FAILED, is_inbound=False, key=call.key.hex, code=failure.code or "failed")
    receive_call(call.channel, news)
    Call.objects.filter(pk=call.pk).update(outcome=Call.Outcome.FAILED)
    if isinstance(failure, AccountFailure):
        logger.error("call.refused", extra={"channel": call.channel_id, "code": failure.code})
