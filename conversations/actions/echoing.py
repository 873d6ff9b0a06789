"""One of us answered by another tool: what was said there stands in the conversation too."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.models import User
from channels_app.contract import Address, InboundMessage
from channels_app.models import Channel, Envelope
from conversations import contents
from conversations.actions import adopting, receipts
from conversations.actions.attaching import attach
from conversations.actions.change import announce, record
from conversations.actions.finding import message_named
from conversations.actions.knowing import identify_address
from conversations.actions.messages import add_message
from conversations.actions.placing import Place, continue_or_start, followed, intake_of, known_references
from conversations.models import Conversation, Delivery, Event, Message
from customers.models import Identity

Rule = Message.Placement


class TooEarly(Exception):
    """This may echo a send whose answer is still to come: understand it again in a moment."""


def colleague(inbound: InboundMessage) -> User | None:
    """The agent who wrote this from an own address; nobody where the sender was not verified."""
    if not inbound.sender.is_verified or "@" not in inbound.sender.value:
        return None
    return User.objects.filter(email=inbound.sender.value, is_active=True).first()


@transaction.atomic
def receive_echo(
    channel: Channel, inbound: InboundMessage, author: User | None, envelope: Envelope | None = None
) -> Message | None:
    """Add what one of us wrote elsewhere: to the customer, or as a note where it went to the desk alone.

    What the desk itself has sent is recognised. None where it belongs to no conversation and names no customer: then it
    is a message like any other. Raises TooEarly.
    """
    if ours := _sent_by_the_desk(channel, inbound):
        return ours
    people = [*inbound.to, *inbound.cc]
    place = known_references(channel, inbound)
    if place is None and not (people and inbound.is_echo):
        return None
    if not people:
        return _noted(place, inbound, author, envelope) if place and author else None
    identity = identify_address(channel, people[0])
    if known := message_named(channel, inbound.external_id):  # stored while we waited for the customer's lock
        return known
    _wait_for_sends(channel, inbound, identity)
    place = place or continue_or_start(channel, inbound, identity)
    return _said(channel, inbound, author, envelope, followed(place), identity)


def _sent_by_the_desk(channel: Channel, inbound: InboundMessage) -> Message | None:
    """The message of ours that this is: by the provider's id, or by our key, which also settles a send in doubt."""
    if known := message_named(channel, inbound.external_id):
        return known
    found = receipts.by_key(channel, inbound.echo_key) if inbound.echo_key else None
    if found is None:
        return None
    delivery, number = found
    receipts.confirm(delivery, number, external_id=inbound.external_id, at=inbound.sent_at)
    adopting.join(channel, inbound.external_id)
    return delivery.message


def _wait_for_sends(channel: Channel, inbound: InboundMessage, identity: Identity) -> None:
    """Without a key of ours, an echo is told from what others wrote by its id alone, which the send is yet to learn."""
    if not inbound.is_echo:
        return
    under_way = Delivery.objects.filter(channel=channel, identity=identity, state=Delivery.State.SENDING)
    if under_way.filter(leased_until__gt=timezone.now()).exists():
        raise TooEarly(inbound.external_id)


def _said(
    channel: Channel,
    inbound: InboundMessage,
    author: User | None,
    envelope: Envelope | None,
    place: Place,
    identity: Identity,
) -> Message:
    conversation = _locked(place, channel, inbound, identity)
    message = add_message(
        conversation,
        Message.Kind.OUTBOUND,
        channel=channel,
        identity=identity,
        author=author,
        envelope=envelope,
        placement=place.rule,
        evidence=place.evidence,
        **_words(inbound),
    )
    attach(message, inbound.files)
    roles = {one.value: (Delivery.Role.CC, one) for one in inbound.cc} | {
        one.value: (Delivery.Role.TO, one) for one in inbound.to
    }
    Delivery.objects.bulk_create(_sent(message, channel, role, one, identity) for role, one in roles.values())
    if not inbound.is_automatic:
        conversation.agent_replied(message.sent_at)
    record(Event.Kind.REPLIED, conversation, by=author, message=message, elsewhere=True)
    conversation.save()
    announce(conversation)
    adopting.join(channel, message.external_id)
    return message


def _noted(place: Place, inbound: InboundMessage, author: User, envelope: Envelope | None) -> Message:
    conversation = Conversation.objects.lock(_target(place).pk)
    conversation.bump()
    words = {**_words(inbound), "external_id": ""}
    message = add_message(
        conversation, Message.Kind.NOTE, author=author, envelope=envelope, placement=place.rule, **words
    )
    attach(message, inbound.files)
    record(Event.Kind.NOTED, conversation, by=author, message=message)
    conversation.save()
    announce(conversation)
    return message


def _target(place: Place) -> Conversation:
    conversation = followed(place).conversation
    assert conversation is not None, "a reference leads to a conversation"
    return conversation


def _locked(place: Place, channel: Channel, inbound: InboundMessage, identity: Identity) -> Conversation:
    if place.conversation is None:
        at = inbound.sent_at or timezone.now()
        conversation = Conversation.objects.create(
            customer=identity.customer,
            subject=inbound.subject[:300],
            team_id=intake_of(channel).team_id,
            revision=1,
            active_at=at,
            is_public=inbound.is_public,
        )
        record(Event.Kind.CREATED, conversation)
        return conversation
    conversation = Conversation.objects.lock(place.conversation.pk)
    conversation.bump()
    return conversation


def _words(inbound: InboundMessage) -> dict[str, Any]:
    plain = ("quoted_text", "html", "quoted_html")
    return {
        "subject": inbound.subject[:300].replace("\0", ""),
        "text": inbound.text,
        "external_id": inbound.external_id[:255],
        "sent_at": inbound.sent_at or timezone.now(),
        "notices": list(inbound.notices),
        "is_automatic": inbound.is_automatic,
        "is_public": inbound.is_public,
        "thread_id": inbound.thread_id[:255],
        "details": {**inbound.details, **contents.written(inbound), "elsewhere": True},
        **{name: getattr(inbound, name).replace("\0", "") for name in plain},
    }


def _sent(message: Message, channel: Channel, role: str, address: Address, identity: Identity) -> Delivery:
    return Delivery(
        message=message,
        channel=channel,
        identity=identity if identity.value == address.value else None,
        address=address.value,
        name=address.name[:160],
        role=role,
        state=Delivery.State.SENT,
        external_id=message.external_id,
        sent_at=message.sent_at,
    )
