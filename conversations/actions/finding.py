"""Which of our messages a provider's id names: one that came in, one that went out, or a part of one."""

from __future__ import annotations

from django.db.models import Q

from channels_app.contract import A_FILE
from channels_app.models import Channel
from conversations.models import Delivery, DeliveryPart, Message
from customers.models import Identity

# Among how many messages words are looked for: people react to what they have before them.
LATEST = 30

_NAMED = f"""
    SELECT id FROM {Message._meta.db_table} WHERE channel_id = %(channel)s AND external_id = %(id)s
    UNION ALL
    SELECT message_id FROM {Delivery._meta.db_table} WHERE channel_id = %(channel)s AND external_id = %(id)s
    UNION ALL
    SELECT delivery.message_id FROM {DeliveryPart._meta.db_table} part
    JOIN {Delivery._meta.db_table} delivery ON delivery.id = part.delivery_id
    WHERE part.channel_id = %(channel)s AND part.external_id = %(id)s
"""  # noqa: S608
_MESSAGE_NAMED = f"SELECT * FROM {Message._meta.db_table} WHERE id IN ({_NAMED}) ORDER BY id LIMIT 1"  # noqa: S608


def message_named(channel: Channel, external_id: str) -> Message | None:
    """The message behind a provider's id, whoever wrote it; None where we have none."""
    if not external_id:
        return None
    key = {"channel": channel.pk, "id": external_id[:255]}
    return next(iter(Message.objects.raw(_MESSAGE_NAMED, key)), None)


def message_saying(channel: Channel, identity: Identity, words: str) -> Message | None:
    """The newest message between us and this person that begins so, or has a file; None where none does."""
    begun = words.strip().removesuffix("…").strip()
    if not begun:
        return None
    theirs = Q(identity=identity) | Q(deliveries__identity=identity)
    said = Message.objects.filter(theirs, channel=channel, deleted_at=None).distinct().order_by("-sent_at", "-id")
    if begun == A_FILE:
        return said.filter(attachments__isnull=False).first()
    return next((message for message in said[:LATEST] if message.text.strip().startswith(begun)), None)
