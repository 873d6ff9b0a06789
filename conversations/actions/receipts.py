"""What providers report of our messages: the rank of a delivery only rises."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.contract import DeliveryState, DeliveryUpdate
from channels_app.models import Channel
from conversations.actions.change import announce, record
from conversations.actions.messages import touch
from conversations.models import Conversation, Delivery, Event, Message, Orphan

# A receipt that waits longer than this belongs to a message that is not ours.
ORPHANS_LIVE = timedelta(days=2)


def receive_receipt(channel: Channel, update: DeliveryUpdate) -> None:
    """Take a receipt; one that is early waits for the answer to its send, one that is late changes nothing."""
    pks = list(_meant(channel, update))
    if not pks and update.external_id:
        Orphan.objects.create(channel=channel, external_id=update.external_id[:255], update_data=_plain(update))
    for pk in pks:
        raise_state(pk, update.state, at=update.at, update=update)


def _meant(channel: Channel, update: DeliveryUpdate) -> list[int]:
    sent = Delivery.objects.filter(channel=channel)
    if update.external_id:
        return list(sent.filter(external_id=update.external_id[:255]).values_list("pk", flat=True))
    if update.watermark is None or update.address is None:
        return []
    account = channel.account if update.address.is_local else ""
    theirs = sent.filter(identity__account=account, identity__value=update.address.value)
    return list(theirs.filter(sent_at__lte=update.watermark, read_at=None).values_list("pk", flat=True))


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
    if state == DeliveryState.DELIVERED:
        delivery.delivered_at = at
    if state == DeliveryState.READ:
        delivery.read_at = at
        delivery.delivered_at = delivery.delivered_at or at
    if update is not None and state == DeliveryState.FAILED:
        delivery.code, delivery.detail = update.code[:80], update.detail
        delivery.advice = str(update.advice)[:300]
        _mark_unreachable(delivery, update)
    delivery.save()


def _mark_unreachable(delivery: Delivery, update: DeliveryUpdate) -> None:
    if update.is_unreachable and delivery.identity:
        delivery.identity.unreachable_reason = str(update.advice or update.detail)[:200]
        delivery.identity.save(update_fields=["unreachable_reason"])


def join_orphans(channel: Channel, external_id: str) -> None:
    """Apply receipts that overtook the answer to their send."""
    if not external_id:
        return
    for orphan in Orphan.objects.filter(channel=channel, external_id=external_id):
        receive_receipt(channel, _update(orphan))
        orphan.delete()


def drop_old_orphans() -> int:
    """Forget receipts that nobody claimed: how many."""
    return Orphan.objects.filter(created_at__lt=timezone.now() - ORPHANS_LIVE).delete()[0]


def _plain(update: DeliveryUpdate) -> dict[str, object]:
    at = update.at.isoformat() if update.at else ""
    return {"state": update.state, "at": at, "code": update.code, "detail": update.detail, "advice": str(update.advice)}


def _update(orphan: Orphan) -> DeliveryUpdate:
    data = orphan.update_data
    return DeliveryUpdate(
        DeliveryState(data["state"]),
        external_id=orphan.external_id,
        at=parse_datetime(data["at"]) if data["at"] else None,
        code=data["code"],
        detail=data["detail"],
        advice=data["advice"],
    )
