"""News of a message that overtook it are kept until it comes: any order of arrival leaves the same rows."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.contract import (
    Address,
    DeliveryState,
    DeliveryUpdate,
    MessageDeleted,
    MessageEdited,
    Reaction,
    Trouble,
)
from channels_app.models import Channel
from conversations.models import Delivery, DeliveryPart, Message, Orphan

News = DeliveryUpdate | MessageEdited | MessageDeleted | Reaction
KINDS: dict[str, type[News]] = {
    "receipt": DeliveryUpdate,
    "edit": MessageEdited,
    "deletion": MessageDeleted,
    "reaction": Reaction,
}
# What waits longer than this belongs to a message that is not ours.
ORPHANS_LIVE = timedelta(days=2)
# Where the message was being stored while its news came, neither sees the other: a sweep joins them within this time.
MISSED_LATELY = timedelta(minutes=15)

# Written out, since it runs for every message.
_WAITING = f"SELECT * FROM {Orphan._meta.db_table} WHERE channel_id = %s AND external_id = %s ORDER BY id"  # noqa: S608
# One question for each table that may know the id by now, so that each is answered from an index: those leave blank ids out.
_MISSED = " UNION ".join(
    f"""
    SELECT orphan.channel_id, orphan.external_id FROM {Orphan._meta.db_table} orphan
    JOIN {known._meta.db_table} one ON one.channel_id = orphan.channel_id AND one.external_id = orphan.external_id
    WHERE orphan.created_at > %(since)s AND one.external_id <> ''
    """  # noqa: S608
    for known in (Message, Delivery, DeliveryPart)
)


def keep(channel: Channel, external_id: str, news: News) -> None:
    """Keep what cannot be joined yet; it counts as of now where the provider names no time."""
    if external_id:
        Orphan.objects.create(channel=channel, external_id=external_id[:255], update_data=_written(news))


def of(channel: Channel, external_id: str) -> list[tuple[Orphan, News]]:
    """What is kept for an id, as it came."""
    kept = Orphan.objects.raw(_WAITING, [channel.pk, external_id[:255]]) if external_id else ()
    return [(orphan, _read(orphan.update_data)) for orphan in kept]


def missed() -> list[tuple[int, str]]:
    """(channel, id) of what came while its message was being stored."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, {"since": timezone.now() - MISSED_LATELY})
        return [(channel, external_id) for channel, external_id in cursor.fetchall()]


def drop_old() -> int:
    """Forget what nobody claimed: how many."""
    return Orphan.objects.filter(created_at__lt=timezone.now() - ORPHANS_LIVE).delete()[0]


def _written(news: News) -> dict[str, Any]:
    kind = next(name for name, made in KINDS.items() if isinstance(news, made))
    dated = replace(news, at=news.at or timezone.now())
    return {"is": kind, **{one.name: _plain(getattr(dated, one.name)) for one in fields(dated)}}


def _plain(value: object) -> object:
    if isinstance(value, Address):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool) else str(value)


def _read(data: dict[str, Any]) -> News:
    values = dict(data)
    made = KINDS[values.pop("is", "receipt")]
    for name in {"at", "watermark"} & values.keys():
        values[name] = parse_datetime(values[name]) if values[name] else None
    for name in {"sender", "address"} & values.keys():
        values[name] = Address(**values[name]) if values[name] else None
    if "state" in values:
        values["state"] = DeliveryState(values["state"])
    if "trouble" in values:
        values["trouble"] = Trouble(values["trouble"])
    return made(**values)
