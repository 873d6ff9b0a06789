"""What came before its message joins it."""

from __future__ import annotations

from django.db import transaction

from channels_app.contract import DeliveryUpdate, MessageDeleted, MessageEdited, Reaction
from channels_app.models import Channel
from conversations.actions import corrections, orphans, reacting, receipts
from conversations.models import Orphan


def join(channel: Channel, external_id: str) -> None:
    """Apply what waits for the message of this id; called in the transaction that stores the id, once its rows are saved."""
    for orphan, news in orphans.of(channel, external_id):
        orphan.delete()
        _take(channel, news)


def join_missed() -> int:
    """Join what neither side saw, since both were being stored at the same moment: how many ids."""
    missed = orphans.missed()
    channels = Channel.objects.in_bulk({pk for pk, _external_id in missed})
    for pk, external_id in missed:
        with transaction.atomic():
            list(Orphan.objects.select_for_update().filter(channel=pk, external_id=external_id))
            join(channels[pk], external_id)
    return len(missed)


def _take(channel: Channel, news: orphans.News) -> None:
    match news:
        case DeliveryUpdate():
            receipts.receive_receipt(channel, news)
        case MessageEdited():
            corrections.receive_edit(channel, news)
        case MessageDeleted():
            corrections.receive_deletion(channel, news)
        case Reaction():
            reacting.receive_reaction(channel, news)
