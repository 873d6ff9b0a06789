"""A message that comes in pieces is placed when all of them are here, or when no more of them will come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from channels_app.contract import Fragment, InboundMessage
from channels_app.models import Channel, Envelope
from conversations.actions.receiving import receive_message
from conversations.models import FragmentedMessage, Message

# How long the first piece waits for the last; providers advise some minutes.
LONGEST_WAIT = timedelta(minutes=10)


@transaction.atomic(savepoint=False)
def receive(channel: Channel, inbound: InboundMessage, envelope: Envelope | None = None) -> Message | None:
    """Place a whole message at once; keep a piece until the others are here (None meanwhile)."""
    if inbound.fragment is None or envelope is None:
        return receive_message(channel, inbound, envelope)
    held, number = _held(channel, inbound.fragment), str(inbound.fragment.number)
    if held.envelopes.get(number, envelope.pk) != envelope.pk:  # the provider uses its key again
        _release(held)
        held = _held(channel, inbound.fragment)
    held.envelopes[number] = envelope.pk
    if len(held.envelopes) == held.total:
        return _release(held)
    held.save(update_fields=["envelopes"])
    return None


def release_overdue() -> int:
    """Place what has waited too long for its last piece with what there is: how many."""
    overdue = FragmentedMessage.objects.filter(first_at__lt=timezone.now() - LONGEST_WAIT)
    return sum(_release_once(pk) for pk in overdue.values_list("pk", flat=True)[:100])


@transaction.atomic
def _release_once(pk: int) -> bool:
    held = FragmentedMessage.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    return held is not None and _release(held) is not None


def _held(channel: Channel, fragment: Fragment) -> FragmentedMessage:
    """The row of a message in pieces, locked; one statement, since the last piece removes the row."""
    row = FragmentedMessage(channel=channel, key=fragment.key[:200], total=fragment.total)
    (row,) = FragmentedMessage.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["channel", "key"], update_fields=["total"]
    )
    row.refresh_from_db()
    return row


def _release(held: FragmentedMessage) -> Message | None:
    """The pieces that are here become one message."""
    pieces = list(_pieces(held))
    held.delete()
    if not pieces:
        return None
    notices = [] if len(pieces) == held.total else ["incomplete"]
    first, _envelope = pieces[0]
    whole = replace(
        first,
        text="".join(piece.text for piece, _envelope in pieces),
        fragment=None,
        notices=[*first.notices, *notices],
        details={**first.details, "pieces": [piece.external_id for piece, _envelope in pieces]},
    )
    return receive_message(held.channel, whole, pieces[-1][1])


def _pieces(held: FragmentedMessage) -> Iterator[tuple[InboundMessage, Envelope]]:
    """What has come, in order, understood anew."""
    envelopes = Envelope.objects.in_bulk(held.envelopes.values())
    for number in sorted(held.envelopes, key=int):
        envelope = envelopes[held.envelopes[number]]
        for item in held.channel.connector.parse(envelope):
            if isinstance(item, InboundMessage) and item.fragment is not None:
                yield item, envelope
