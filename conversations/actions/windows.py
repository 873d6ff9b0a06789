"""What customers do lets us write to them: kept for channels that limit when one may answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from channels_app.contract import Receipt, WindowUpdate
from channels_app.models import Channel
from conversations.actions.change import announce
from conversations.actions.knowing import identify_address, known_identity
from conversations.models import Conversation, Delivery, ReplyWindow
from conversations.windows import alive, is_limited
from customers.models import Identity

_OPEN = f"""
    INSERT INTO {ReplyWindow._meta.db_table} AS known (channel_id, identity_id, acted_at, closes_at, sent_since, handles)
    VALUES (%(channel)s, %(identity)s, %(at)s, %(closes_at)s, 0, '{{}}')
    ON CONFLICT (identity_id, channel_id)
    DO UPDATE SET acted_at = excluded.acted_at, closes_at = excluded.closes_at, sent_since = 0
    WHERE known.acted_at IS NULL OR known.acted_at <= excluded.acted_at
"""  # noqa: S608


def acted(
    channel: Channel,
    identity: Identity,
    *,
    at: datetime | None,
    handles: Mapping[str, str] | None = None,
    closes_at: datetime | None = None,
) -> None:
    """The customer did something that lets us write; what they did before changes nothing any more.

    `at` None: it opens nothing, but the provider gave us something to answer with.
    """
    if not is_limited(channel.connector.capabilities) and not handles:
        return None
    if at is not None and not handles:
        return _open(channel, identity, at, closes_at)
    with transaction.atomic():
        row = _locked(channel, identity)
        if at is not None and (row.acted_at is None or at >= row.acted_at):
            row.acted_at, row.closes_at, row.sent_since = at, closes_at, 0
        row.handles = {**alive(row.handles), **(handles or {})}
        row.save()


def _open(channel: Channel, identity: Identity, at: datetime, closes_at: datetime | None) -> None:
    """One statement, since it runs for every message of every channel that has a window."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"channel": channel.pk, "identity": identity.pk, "at": at, "closes_at": closes_at})


def receive_window(channel: Channel, update: WindowUpdate, *, came_at: datetime | None = None) -> None:
    """The provider opened, moved or ended the time in which we may answer."""
    at = update.at or came_at or timezone.now()
    with transaction.atomic():
        # Being heard of shows that somebody can be reached; that their window has closed does not.
        find = identify_address if update.is_open else known_identity
        if (identity := find(channel, update.address)) is None:
            return
        if update.is_open:
            acted(channel, identity, at=at, handles=update.handles, closes_at=update.closes_at)
        else:
            row = _locked(channel, identity)
            row.ended_at = max(at, row.ended_at or at)
            row.save()
        _let_composers_look(identity)


def _let_composers_look(identity: Identity) -> None:
    """What can be sent is shown beside the text that is being written."""
    for conversation in Conversation.objects.unresolved().filter(customer=identity.customer_id)[:5]:
        announce(conversation)


def spend(delivery: Delivery, receipt: Receipt) -> None:
    """One message went out: it counts, and the provider may have taken a handle back or given another."""
    if delivery.identity is None:
        return
    if not is_limited(delivery.channel.connector.capabilities) and receipt.handles is None:
        return
    with transaction.atomic():
        row = _locked(delivery.channel, delivery.identity)
        row.sent_since += 1
        if receipt.handles is not None:
            row.handles = dict(receipt.handles)
        row.save()


def _locked(channel: Channel, identity: Identity) -> ReplyWindow:
    row, is_new = ReplyWindow.objects.get_or_create(channel=channel, identity=identity)
    return row if is_new else ReplyWindow.objects.select_for_update().get(pk=row.pk)
