"""What providers report of our messages: the rank of a delivery only rises."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from channels_app.contract import DeliveryState, DeliveryUpdate, PermanentFailure
from channels_app.models import Channel
from conversations.actions import laddering, orphans
from conversations.actions.change import announce, record
from conversations.actions.messages import touch
from conversations.actions.outgoing import outbound
from conversations.models import Conversation, Delivery, DeliveryPart, Event, Message
from conversations.models.delivery import ALL_THAT_A_SEND_READS
from conversations.sources import kept

# `Delivery.key.hex`, and for a further part of the same message "-" and its number (contract/parts.py).
KEY = re.compile(r"([0-9a-f]{32})(?:-([0-9]{1,4}))?")


def receive_receipt(channel: Channel, update: DeliveryUpdate) -> None:
    """Take a receipt; one that is early waits for the answer to its send, one that is late changes nothing."""
    meant = _meant(channel, update)
    if not meant:
        orphans.keep(channel, update.external_id, update)
    for named in meant:
        if not named.is_last and update.state == DeliveryState.FAILED:
            _forget_part(named.pk, update.external_id)
        if named.is_last or update.state == DeliveryState.FAILED:
            raise_state(named.pk, update.state, at=update.at, update=update)


class Named(NamedTuple):
    """A delivery that a receipt is for. Of one in several parts, only the last part tells that it arrived."""

    pk: int
    is_last: bool = True


@transaction.atomic
def _forget_part(pk: int, external_id: str) -> None:
    """A part that failed has to be sent again, should somebody ask for it; those behind it must not."""
    delivery = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=pk)
    if delivery.external_id:
        last = {"channel": delivery.channel, "external_id": delivery.external_id}
        DeliveryPart.objects.get_or_create(delivery=delivery, number=last_number(delivery), defaults=last)
    delivery.parts.filter(external_id=external_id[:255]).exclude(external_id="").delete()


def _meant(channel: Channel, update: DeliveryUpdate) -> list[Named]:
    sent = Delivery.objects.filter(channel=channel)
    if update.external_id:
        found = sent.filter(external_id=update.external_id[:255]).values_list("pk", flat=True)
        parts = DeliveryPart.objects.filter(channel=channel, external_id=update.external_id[:255])
        if named := [Named(pk) for pk in found] or [
            Named(pk, False) for pk in parts.values_list("delivery", flat=True)
        ]:
            return named
    if update.delivery_key:
        return _keyed(channel, update)
    if update.external_id or update.watermark is None or update.address is None:
        return []
    account = channel.account if update.address.is_local else ""
    theirs = sent.filter(identity__account=account, identity__value=update.address.value)
    return [Named(pk) for pk in theirs.filter(sent_at__lte=update.watermark, read_at=None).values_list("pk", flat=True)]


def _keyed(channel: Channel, update: DeliveryUpdate) -> list[Named]:
    """The delivery that a key of ours names; that the provider names it shows that it has it."""
    found = by_key(channel, update.delivery_key)
    if found is None:
        return []
    delivery, number = found
    if update.state != DeliveryState.FAILED:
        confirm(delivery, number, external_id=update.external_id, at=update.at)
    return [Named(delivery.pk, number >= last_number(delivery))]


def by_key(channel: Channel, key: str) -> tuple[Delivery, int] | None:
    """The delivery and the number of its part that a key of ours names, as providers hand it back."""
    parsed = KEY.fullmatch(key.strip().lower())
    if parsed is None:
        return None
    known = Delivery.objects.select_related(*ALL_THAT_A_SEND_READS)
    delivery = known.filter(channel=channel, key=UUID(parsed[1])).first()
    return (delivery, int(parsed[2] or 0)) if delivery else None


def last_number(delivery: Delivery) -> int:
    """The number of a delivery's last part."""
    if delivery.external_id:
        known = delivery.parts.filter(external_id=delivery.external_id).values_list("number", flat=True)
        return next(iter(known), delivery.parts.count())
    try:
        return len(delivery.channel.connector.parts(outbound(delivery))) - 1
    except PermanentFailure:  # its template has gone: then it was never in parts
        return 0


def confirm(delivery: Delivery, number: int, *, external_id: str, at: datetime | None) -> None:
    """The provider shows that it has a part of a delivery: nobody has to send it again or to wonder about it."""
    if number < last_number(delivery):
        kept = {"channel": delivery.channel, "external_id": external_id[:255], "sent_at": at or timezone.now()}
        DeliveryPart.objects.get_or_create(delivery=delivery, number=number, defaults=kept)
        return
    if external_id:
        Delivery.objects.filter(pk=delivery.pk, external_id="").update(external_id=external_id[:255])
    raise_state(delivery.pk, DeliveryState.SENT, at=at)


def raise_state(pk: int, state: str, *, at: datetime | None = None, update: DeliveryUpdate | None = None) -> bool:
    """Move one delivery up to `state`; False where it is there or further already."""
    with transaction.atomic():
        message = Message.objects.get(deliveries=pk)
        conversation = Conversation.objects.lock(message.conversation_id)
        delivery = Delivery.objects.select_for_update().get(pk=pk)
        if not _rises(delivery, state):
            return False
        was_counted = delivery.needs_attention
        _stamp(delivery, state, at or timezone.now(), update)
        conversation.undelivered += delivery.needs_attention - was_counted
        conversation.bump()
        touch(message, conversation)
        if state == DeliveryState.FAILED:
            laddering.hurry(message)
            record(
                Event.Kind.SEND_FAILED, conversation, message=message, address=delivery.address, detail=delivery.detail
            )
        conversation.save(update_fields=["revision", "undelivered"])
        announce(conversation)
    return True


def _rises(delivery: Delivery, state: str) -> bool:
    """Failure replaces anything that has not arrived; success only what ranks lower."""
    rank = Delivery.RANK.get(delivery.state, 0)
    if state == DeliveryState.FAILED:
        return delivery.state != Delivery.State.FAILED and rank < Delivery.RANK["delivered"]
    if delivery.state == Delivery.State.CANCELLED:
        return False
    return Delivery.RANK[state] > rank


def _stamp(delivery: Delivery, state: str, at: datetime, update: DeliveryUpdate | None) -> None:
    delivery.state = state
    delivery.leased_until = None
    if state != DeliveryState.FAILED:
        delivery.sent_at = delivery.sent_at or at
    if state == DeliveryState.DELIVERED:
        delivery.delivered_at = at
    if state == DeliveryState.READ:
        delivery.read_at = at
        delivery.delivered_at = delivery.delivered_at or at
    if update is not None and state == DeliveryState.FAILED:
        delivery.code, delivery.detail, delivery.trouble = update.code[:80], update.detail, str(update.trouble)
        delivery.advice = kept(update.advice)[:300]
        _mark_unreachable(delivery, update)
    delivery.save()


def _mark_unreachable(delivery: Delivery, update: DeliveryUpdate) -> None:
    if update.is_unreachable and delivery.identity:
        delivery.identity.unreachable_reason = kept(update.advice or update.detail)[:200]
        delivery.identity.save(update_fields=["unreachable_reason"])
