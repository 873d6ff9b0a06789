"""What comes in: kept first, then understood, then placed with its customer's conversation."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels_app.contract import Address, ContactUpdate, DeliveryUpdate, FileLeft, Inbound, InboundMessage
from channels_app.models import Channel, Envelope
from conversations.actions import echoing, joining, receipts
from conversations.actions.acknowledging import acknowledge, is_acknowledged
from conversations.actions.attaching import attach, claim_visitors_uploads, leave
from conversations.actions.change import announce, record
from conversations.actions.messages import add_message
from conversations.actions.placing import Place, continue_or_start, intake_of
from conversations.insertion import insert, update
from conversations.models import Conversation, Event, Message
from customers.actions import claim, identify
from customers.models import SUSPECT_ACCOUNT, Identity

logger = logging.getLogger(__name__)

# Written out, since it runs for every message.
_KNOWN = f"SELECT * FROM {Message._meta.db_table} WHERE channel_id = %s AND external_id = %s"  # noqa: S608

# A process that dies between keeping and understanding leaves the envelope to the sweep after this time.
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
NOTED_EVERY = timedelta(seconds=5)


def accept(channel: Channel, body: bytes, *, headers: Mapping[str, str], **received: str) -> Envelope:
    """Keep what was received, then try to understand it; a duplicate gives the envelope that is already kept."""
    envelope, is_new = keep(channel, body, headers=headers, **received)
    if is_new:
        open_envelope(envelope)
    return envelope


def keep(
    channel: Channel,
    body: bytes,
    *,
    headers: Mapping[str, str],
    content_type: str = "",
    path: str = "",
    query: str = "",
    dedup_key: str = "",
) -> tuple[Envelope, bool]:
    """Write the raw bytes to the vault: (envelope, whether it is new). From then on nothing is lost."""
    envelope = Envelope(
        channel=channel,
        headers=dict(headers),
        content_type=content_type[:160],
        path=path[:200],
        query=query,
        body=body,
        next_attempt_at=timezone.now() + FIRST_RETRY,
    )
    envelope.dedup_key = (dedup_key or channel.connector.dedup_key(envelope) or _hash(envelope))[:200]
    if not Envelope.objects.put(envelope):
        return Envelope.objects.get(channel=channel, dedup_key=envelope.dedup_key), False
    _note_received(channel, envelope.received_at)
    return envelope, True


def _hash(envelope: Envelope) -> str:
    """All that was received; a request without body says what it says in its address."""
    address = f"{envelope.path}?{envelope.query}".encode() if envelope.path or envelope.query else b""
    return hashlib.sha256(bytes(envelope.body) + address).hexdigest()


def _note_received(channel: Channel, at: datetime) -> None:
    """Every few seconds is enough: one row that every mail writes would make them wait for each other."""
    if channel.last_received_at is None or at - channel.last_received_at > NOTED_EVERY:
        channel.last_received_at = at
        Channel.objects.filter(pk=channel.pk).update(last_received_at=at)


def open_envelope(envelope: Envelope) -> bool:
    """Understand an envelope; what fails stays in quarantine with its traceback and is tried again later."""
    try:
        items = envelope.channel.connector.parse(envelope)
        for item in items[:-1]:
            take(envelope.channel, item, envelope)
        with transaction.atomic():  # the last one commits together with the mark that all is done
            for item in items[-1:]:
                take(envelope.channel, item, envelope)
            envelope.done()
    except Exception:
        logger.exception("envelope.quarantined", extra={"envelope": envelope.pk, "channel": envelope.channel_id})
        _quarantine(envelope)
        return False
    return True


def _quarantine(envelope: Envelope) -> None:
    wait = min(FIRST_RETRY * 2 ** min(envelope.attempts, 10), LONGEST_RETRY)
    Envelope.objects.filter(pk=envelope.pk).update(
        state=Envelope.State.QUARANTINED,
        attempts=F("attempts") + 1,
        error=traceback.format_exc().replace("\0", "")[-8000:],
        next_attempt_at=timezone.now() + wait,
    )


def take(channel: Channel, item: Inbound, envelope: Envelope | None = None) -> None:
    """Do what one item of an envelope asks for."""
    match item:
        case InboundMessage():
            receive_message(channel, item, envelope)
        case DeliveryUpdate():
            receipts.receive_receipt(channel, item)
        case ContactUpdate():
            receive_contact(channel, item)
        case FileLeft():
            with transaction.atomic():
                leave(item, identify_address(channel, item.address))


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
    message = add_message(conversation, Message.Kind.INBOUND, **_columns(channel, inbound, identity, envelope, place))
    attach(message, inbound.files)
    claim_visitors_uploads(message, inbound.uploads)
    if not inbound.is_automatic:
        conversation.customer_wrote(message, answer_within=intake_of(channel).answer_within)
    record(Event.Kind.RECEIVED, conversation, message=message, rule=place.rule)
    update(conversation)
    announce(conversation)
    if is_acknowledged(channel, inbound, message):
        acknowledge(message, channel)
    return message


def _by_one_of_us(channel: Channel, inbound: InboundMessage, envelope: Envelope | None) -> Message | None:
    """What an agent wrote by another tool is no question of a customer's."""
    author = echoing.colleague(inbound)
    if not inbound.is_echo and author is None:
        return None
    return _known(channel, inbound) or echoing.receive_echo(channel, inbound, author, envelope)


def identify_address(channel: Channel, address: Address, language: str = "") -> Identity:
    """The identity behind an address as the channel gave it, with its customer locked."""
    account = channel.account if address.is_local else SUSPECT_ACCOUNT if address.is_suspect else ""
    identity = identify(
        address.kind,
        address.value[:320],
        account=account,
        raw=address.raw,
        name=address.name,
        is_verified=address.is_verified and not address.is_suspect,
        language=language,
    )
    if address.is_suspect:
        claim(identity.customer, address.kind, address.value, source=str(channel))
    return identity


def _known(channel: Channel, inbound: InboundMessage) -> Message | None:
    if not inbound.external_id:
        return None
    return next(iter(Message.objects.raw(_KNOWN, [channel.pk, inbound.external_id[:255]])), None)


def _is_the_same(known: Message, inbound: InboundMessage) -> bool:
    """An id that comes again with another sender or subject is a careless sender's, or somebody's who wants mail to vanish."""
    is_same_sender = known.identity is None or known.identity.value == inbound.sender.value[:320]
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
) -> dict[str, object]:
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
        "notices": list(inbound.notices),
        "details": {**inbound.details, **_people(inbound)},
    }


def _people(inbound: InboundMessage) -> dict[str, object]:
    """To and Cc as they stood, from which a reply to all is made."""
    lists = {"to": inbound.to, "cc": inbound.cc}
    return {role: [{"address": a.value, "name": a.name} for a in people] for role, people in lists.items() if people}


@transaction.atomic
def receive_contact(channel: Channel, update: ContactUpdate) -> None:
    """Take news of a customer: a name, a language, addresses proven or merely claimed."""
    identity = identify_address(channel, update.address, update.language)
    if update.name and identity.customer.name != update.name:
        identity.customer.name = update.name[:160]
    identity.customer.facts = {**identity.customer.facts, **update.facts}
    identity.customer.save(update_fields=["name", "facts"])
    for address in update.claims:
        claim(identity.customer, address.kind, address.value, source=str(channel))
    for address in update.proven:
        joining.prove(identity, address.kind, address.value, raw=address.raw)
