"""What comes in: kept first, then understood, then placed with its customer's conversation."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels_app.contract import (
    CallUpdate,
    ConsentUpdate,
    ContactUpdate,
    DeliveryUpdate,
    FileLeft,
    Inbound,
    InboundMessage,
    Knock,
    MessageDeleted,
    MessageEdited,
    Reaction,
    TypingUpdate,
    WindowUpdate,
)
from channels_app.models import Channel, Envelope
from conversations.actions import calls, corrections, draining, fragments, knowing, receipts, tending, windows
from conversations.actions.attaching import leave
from conversations.actions.echoing import TooEarly
from conversations.actions.reacting import receive_reaction
from conversations.wake import wake

logger = logging.getLogger(__name__)

# A process that dies between keeping and understanding leaves the envelope to the sweep after this time.
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
NOTED_EVERY = timedelta(seconds=5)
# What came while the send it echoes was under way is understood once that is settled.
EARLY_RETRY = timedelta(seconds=3)


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
    except TooEarly:
        _put_off(envelope)
        return False
    except Exception:
        logger.exception("envelope.quarantined", extra={"envelope": envelope.pk, "channel": envelope.channel_id})
        _quarantine(envelope)
        return False
    return True


def _put_off(envelope: Envelope) -> None:
    at = timezone.now() + EARLY_RETRY
    Envelope.objects.filter(pk=envelope.pk).update(next_attempt_at=at)
    wake("open_envelope", envelope.pk, at=at)


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
    if taker := TAKERS.get(type(item)):
        taker(channel, item, envelope)
    else:
        logger.info("item.passed_over", extra={"channel": channel.pk, "kind": type(item).__name__})


@transaction.atomic
def _leave(channel: Channel, left: FileLeft, envelope: Envelope | None) -> None:
    leave(left, knowing.identify_address(channel, left.address))


def _came_at(envelope: Envelope | None) -> datetime | None:
    return envelope.received_at if envelope else None


# What is done with each kind of item; `(channel, item, envelope)`.
TAKERS: dict[type, Callable[[Channel, Any, Envelope | None], object]] = {
    InboundMessage: fragments.receive,
    DeliveryUpdate: lambda channel, item, _envelope: receipts.receive_receipt(channel, item),
    MessageEdited: lambda channel, item, _envelope: corrections.receive_edit(channel, item),
    MessageDeleted: lambda channel, item, _envelope: corrections.receive_deletion(channel, item),
    Reaction: lambda channel, item, _envelope: receive_reaction(channel, item),
    TypingUpdate: lambda channel, item, _envelope: tending.receive_typing(channel, item),
    ContactUpdate: lambda channel, item, _envelope: knowing.receive_contact(channel, item),
    ConsentUpdate: lambda channel, item, envelope: knowing.receive_consent(channel, item, came_at=_came_at(envelope)),
    WindowUpdate: lambda channel, item, envelope: windows.receive_window(channel, item, came_at=_came_at(envelope)),
    CallUpdate: calls.receive_call,
    FileLeft: _leave,
    Knock: lambda channel, item, _envelope: draining.summon(channel, item),
}
