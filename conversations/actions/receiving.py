"""A message comes in: placed with its customer's conversation, once, whatever came before it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels_app.contract import InboundMessage
from channels_app.models import Channel, Envelope
from conversations import contents
from conversations.actions import adopting, echoing, windows
from conversations.actions.acknowledging import acknowledge, is_acknowledged
from conversations.actions.attaching import attach, claim_visitors_uploads
from conversations.actions.change import announce, record
from conversations.actions.knowing import identify_address
from conversations.actions.messages import add_message
from conversations.actions.placing import Place, continue_or_start, intake_of
from conversations.insertion import insert, update
from conversations.models import Conversation, Event, Message
from conversations.wake import wake
from customers.actions import claim
from customers.models import Identity

# Written out, since it runs for every message.
_KNOWN = f"SELECT * FROM {Message._meta.db_table} WHERE channel_id = %s AND external_id = %s"  # noqa: S608


@transaction.atomic(savepoint=False)
def receive_message(channel: Channel, inbound: InboundMessage, envelope: Envelope | None = None) -> Message:
    """Place a message with its customer's conversation; one that we already have is returned as it is."""
    if ours := _by_one_of_us(channel, inbound, envelope):
        return ours
    identity = identify_address(channel, inbound.sender, inbound.language)
    if known := _known(channel, inbound):
        if _is_the_same(known, inbound):
            return known
        inbound = _apart(inbound)
        if known := _known(channel, inbound):
            return known
    for address in inbound.claims:
        claim(identity.customer, address.kind, address.value, source=str(channel))
    place = continue_or_start(channel, inbound, identity)
    conversation = _opened(place, channel, inbound, identity)
    columns = _columns(channel, inbound, identity, envelope, place)
    message = add_message(conversation, Message.Kind.INBOUND, what=_what(inbound), **columns)
    attach(message, inbound.files)
    claim_visitors_uploads(message, inbound.uploads)
    if not inbound.is_automatic:
        conversation.customer_wrote(message, answer_within=intake_of(channel).answer_within)
    record(Event.Kind.RECEIVED, conversation, message=message, rule=place.rule)
    update(conversation)
    announce(conversation)
    _settle_in(channel, inbound, message, identity)
    if is_acknowledged(channel, inbound, message):
        acknowledge(message, channel)
    return message


def _settle_in(channel: Channel, inbound: InboundMessage, message: Message, identity: Identity) -> None:
    """What else a message brings about: time to answer, news that overtook it, questions about a stranger."""
    if inbound.opens_window or inbound.handles:
        at = message.sent_at if inbound.opens_window else None
        windows.acted(channel, identity, at=at, handles=inbound.handles)
    adopting.join(channel, message.external_id)
    if identity.unreachable_reason:  # whoever writes from there is there
        identity.unreachable_reason = ""
        identity.save(update_fields=["unreachable_reason"])
    if identity.profile_at is None and channel.connector.capabilities.has_profiles:
        wake("fetch_profile", channel.pk, identity.pk)


def _what(inbound: InboundMessage) -> str:
    if inbound.text.strip():
        return ""
    details = {**inbound.details, **contents.written(inbound)}
    return contents.what(details, [(file.role, file.content_type) for file in inbound.files])


def _by_one_of_us(channel: Channel, inbound: InboundMessage, envelope: Envelope | None) -> Message | None:
    """What an agent wrote by another tool is no question of a customer's."""
    author = echoing.colleague(inbound)
    if not inbound.is_echo and author is None:
        return None
    return _known(channel, inbound) or echoing.receive_echo(channel, inbound, author, envelope)


def _known(channel: Channel, inbound: InboundMessage) -> Message | None:
    if not inbound.external_id:
        return None
    return next(iter(Message.objects.raw(_KNOWN, [channel.pk, inbound.external_id[:255]])), None)


def _is_the_same(known: Message, inbound: InboundMessage) -> bool:
    """An id that comes again with another sender or subject is a careless sender's, or somebody's who wants mail to vanish."""
    is_same_sender = known.identity is None or known.identity.value == inbound.sender.value[:320]
    if known.deleted_at:  # its subject went with its words
        return is_same_sender
    return is_same_sender and known.subject == inbound.subject[:300].replace("\0", "")


def _apart(inbound: InboundMessage) -> InboundMessage:
    said = f"{inbound.sender.value}\n{inbound.subject}\n{inbound.text}"
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
    return replace(inbound, external_id=f"{inbound.external_id[:230]}#{digest}")


def _opened(place: Place, channel: Channel, inbound: InboundMessage, identity: Identity) -> Conversation:
    """The place's conversation, locked and under a new revision; open again if the customer's message reopens it."""
    if place.conversation is None:
        return _started(place, channel, inbound, identity)
    conversation = place.conversation if place.is_locked else Conversation.objects.lock(place.conversation.pk)
    conversation.bump()
    if conversation.status != Conversation.Status.OPEN and not inbound.is_automatic:
        kind = Event.Kind.WOKE if conversation.status == Conversation.Status.SNOOZED else Event.Kind.REOPENED
        record(kind, conversation, was=conversation.status)
        conversation.set_status(Conversation.Status.OPEN)
    return conversation


def _started(place: Place, channel: Channel, inbound: InboundMessage, identity: Identity) -> Conversation:
    conversation = Conversation(
        customer=identity.customer,
        subject=_subject(inbound),
        team_id=intake_of(channel).team_id,
        revision=1,
        active_at=inbound.sent_at or timezone.now(),
        is_public=inbound.is_public,
    )
    insert(conversation)
    record(Event.Kind.CREATED, conversation, channel=str(channel))
    if place.suggestion is not None:
        record(Event.Kind.SUGGESTED, conversation, other=place.suggestion.pk, subject=place.suggestion.subject)
    return conversation


def _subject(inbound: InboundMessage) -> str:
    first_line = next(iter(inbound.text.strip().splitlines()), "")
    return (inbound.subject or first_line)[:300].replace("\0", "")


def _columns(
    channel: Channel, inbound: InboundMessage, identity: Identity, envelope: Envelope | None, place: Place
) -> dict[str, Any]:
    return {
        "channel": channel,
        "identity": identity,
        "envelope": envelope,
        "subject": inbound.subject[:300].replace("\0", ""),
        "text": inbound.text,
        "quoted_text": inbound.quoted_text.replace("\0", ""),
        "html": inbound.html.replace("\0", ""),
        "quoted_html": inbound.quoted_html.replace("\0", ""),
        "external_id": inbound.external_id[:255],
        "thread_id": inbound.thread_id[:255],
        "client_id": inbound.client_id or None,
        "sent_at": inbound.sent_at or timezone.now(),
        "placement": place.rule,
        "evidence": place.evidence,
        "is_automatic": inbound.is_automatic,
        "is_public": inbound.is_public,
        "notices": list(inbound.notices),
        "details": {**inbound.details, **_people(inbound), **contents.written(inbound)},
    }


def _people(inbound: InboundMessage) -> dict[str, object]:
    """To and Cc as they stood, from which a reply to all is made."""
    lists = {"to": inbound.to, "cc": inbound.cc}
    return {role: [{"address": a.value, "name": a.name} for a in people] for role, people in lists.items() if people}
