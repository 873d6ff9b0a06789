"""How a message finds its conversation: hard evidence first, then the customer's open episode, else a new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from channels_app.contract import InboundMessage
from channels_app.models import Channel
from conversations import tokens
from conversations.actions.finding import message_named
from conversations.models import Conversation, Delivery, Intake, Message
from customers.models import Identity

Rule = Message.Placement
# So many references are looked up; real mail carries dozens.
REFERENCES_READ = 30
SUBJECTS_READ = 20
PREFIX = re.compile(r"^(?:\s*[^\W\d_]{1,4}(?:\[\d+\])?\s*[:：])+")

# Written out: these run for every message, and the ORM takes ten times as long to build them as to run them.
_REFERRED = f"""
    SELECT external_id, conversation_id FROM {Message._meta.db_table}
    WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s)
    UNION ALL
    SELECT delivery.external_id, message.conversation_id FROM {Delivery._meta.db_table} delivery
    JOIN {Message._meta.db_table} message ON message.id = delivery.message_id
    WHERE delivery.channel_id = %(channel)s AND delivery.external_id = ANY(%(ids)s)
"""  # noqa: S608
_SUBJECTS = f"""
    SELECT subject FROM {Message._meta.db_table} WHERE conversation_id = %s AND channel_id = %s ORDER BY id LIMIT %s
"""  # noqa: S608
_LATEST = f"""
    SELECT * FROM {Conversation._meta.db_table} WHERE customer_id = %s AND merged_into_id IS NULL
    ORDER BY is_public, resolved_at DESC NULLS FIRST, active_at DESC, id DESC LIMIT 1 FOR UPDATE
"""  # noqa: S608


_INTAKE = f"SELECT * FROM {Intake._meta.db_table} WHERE channel_id = %s"  # noqa: S608


@dataclass(frozen=True)
class Place:
    """Where a message belongs, by which rule, on what evidence. No conversation: a new one."""

    rule: str
    conversation: Conversation | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    suggestion: Conversation | None = None
    is_locked: bool = False


def continue_or_start(channel: Channel, inbound: InboundMessage, identity: Identity) -> Place:
    """Find the conversation that a message continues; the caller holds the customer's lock."""
    if inbound.sender.is_suspect:
        return Place(Rule.SUSPECT)
    for place in map(followed, _by_evidence(channel, inbound, identity)):
        # What everybody can read and what nobody else may read never stand in one episode.
        if place.conversation is None or place.conversation.is_public == inbound.is_public:
            return place
    latest = _latest(identity)
    if inbound.is_public:
        return Place(Rule.PUBLIC, suggestion=_in_progress(latest))
    if latest is not None and latest.is_public:
        return Place(Rule.NEW, suggestion=_in_progress(latest))
    if inbound.starts_anew and not _goes_on(latest, channel, inbound.subject):
        return Place(Rule.NEW_SUBJECT, suggestion=_in_progress(latest))
    return _by_state(channel, latest)


def _goes_on(conversation: Conversation | None, channel: Channel, subject: str) -> bool:
    """Whether a new subject continues a conversation all the same: one held on other channels only, or under this subject.

    Somebody who chatted and now writes a mail about it has to give it some subject.
    """
    if conversation is None or conversation.resolved_at is not None:
        return conversation is None
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS, [conversation.pk, channel.pk, SUBJECTS_READ])
        known = {_plain(given) for (given,) in cursor.fetchall()}
    return not known or (subject != "" and _plain(subject) in known)


def _plain(subject: str) -> str:
    """A subject without what mail programs put before it ("Re:", "답장:")."""
    return " ".join(PREFIX.sub("", subject).split()).casefold()


def intake_of(channel: Channel) -> Intake:
    """What the desk has decided for a channel; the defaults where nothing was."""
    if not Channel.intake.is_cached(channel):
        channel.intake = next(iter(Intake.objects.raw(_INTAKE, [channel.pk])), None) or Intake(channel=channel)
    return getattr(channel, "intake", None) or Intake(channel=channel)


def _by_evidence(channel: Channel, inbound: InboundMessage, identity: Identity) -> Iterator[Place]:
    finders: list[Callable[[Channel, InboundMessage, Identity], Place | None]] = [
        _by_token,
        _by_reference,
        _by_thread,
        _by_quote,
    ]
    for find in finders:
        if place := find(channel, inbound, identity):
            yield place


def _by_token(channel: Channel, inbound: InboundMessage, identity: Identity) -> Place | None:
    return _named(inbound.reply_token)


def _named(token: str) -> Place | None:
    number = tokens.conversation_of(token) if token else None
    conversation = Conversation.objects.filter(pk=number).first() if number is not None else None
    return Place(Rule.REPLY_TOKEN, conversation, {"token": token}) if conversation else None


def known_references(channel: Channel, inbound: InboundMessage) -> Place | None:
    """Where one of us writes: any conversation that the token or a reference names."""
    if place := _named(inbound.reply_token):
        return place
    for reference, conversation in _referred(channel, inbound):
        return Place(Rule.REFERENCE, conversation, {"reference": reference})
    return None


def _by_reference(channel: Channel, inbound: InboundMessage, identity: Identity) -> Place | None:
    """A reference counts only where the sender takes part: a newsletter's id is in everybody's hands."""
    for reference, conversation in _referred(channel, inbound):
        if _takes_part(identity, conversation):
            return Place(Rule.REFERENCE, conversation, {"reference": reference})
    return None


def _referred(channel: Channel, inbound: InboundMessage) -> Iterator[tuple[str, Conversation]]:
    """Conversations that hold a message referred to, the nearest reference first."""
    wanted = [reference for reference in inbound.references[:REFERENCES_READ] if reference]
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_REFERRED, {"channel": channel.pk, "ids": wanted})
        found = dict(cursor.fetchall())
    known = Conversation.objects.in_bulk(found.values()) if found else {}
    yield from ((reference, known[found[reference]]) for reference in wanted if reference in found)


def _takes_part(identity: Identity, conversation: Conversation) -> bool:
    if conversation.customer_id == identity.customer_id:
        return True
    theirs = Q(identity=identity) | Q(deliveries__identity=identity) | Q(deliveries__address__iexact=identity.value)
    return conversation.messages.filter(theirs).exists()


def _by_thread(channel: Channel, inbound: InboundMessage, identity: Identity) -> Place | None:
    if not inbound.thread_id:
        return None
    same = Message.objects.filter(channel=channel, thread_id=inbound.thread_id, identity__customer=identity.customer_id)
    message = same.select_related("conversation").order_by("-id").first()
    return Place(Rule.THREAD, message.conversation, {"thread": inbound.thread_id}) if message else None


def _by_quote(channel: Channel, inbound: InboundMessage, identity: Identity) -> Place | None:
    if not inbound.quoted_id:
        return None
    message = message_named(channel, inbound.quoted_id)
    if message is None or message.conversation.customer_id != identity.customer_id:
        return None
    return Place(Rule.QUOTED, message.conversation, {"message": message.pk})


def followed(place: Place) -> Place:
    """Follow a merged conversation to where its messages went."""
    conversation = place.conversation
    while conversation is not None and conversation.merged_into_id:
        conversation = conversation.merged_into
    return Place(place.rule, conversation, place.evidence)


def _in_progress(conversation: Conversation | None) -> Conversation | None:
    return conversation if conversation and conversation.resolved_at is None else None


def _latest(identity: Identity) -> Conversation | None:
    """The newest that is not resolved, else the one resolved last; locked, since it is most likely the one.

    A public one only where the customer has no other.
    """
    return next(iter(Conversation.objects.raw(_LATEST, [identity.customer_id])), None)


def _by_state(channel: Channel, latest: Conversation | None) -> Place:
    if latest is None:
        return Place(Rule.NEW)
    if latest.resolved_at is None:
        return Place(Rule.OPEN, latest, is_locked=True)
    age = timezone.now() - latest.resolved_at
    if age <= intake_of(channel).reopen_window:
        return Place(Rule.REOPENED, latest, {"resolved_at": latest.resolved_at.isoformat()}, is_locked=True)
    return Place(Rule.NEW)
