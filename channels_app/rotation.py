"""Replacing a secret while the provider still uses the one before: both are accepted until an admin forgets the old one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.models import Channel

PREVIOUS = "_previous"
SINCE = "_previous_since"


@dataclass(frozen=True)
class Replaced:
    """A secret whose predecessor is still accepted: its field, how the form calls it, since when there is a new one."""

    name: str
    label: str
    since: datetime | None


def with_new(channel: Channel, new: Mapping[str, Any]) -> dict[str, Any]:
    """The channel's secrets with new ones in them; what rotates keeps its predecessor."""
    kept = dict(channel.secrets)
    for name, value in new.items():
        if name in channel.connector.rotating_secrets and kept.get(name) not in (None, "", value):
            kept |= {name + PREVIOUS: kept[name], name + SINCE: timezone.now().isoformat()}
        kept[name] = value
    return kept


def replaced(channel: Channel) -> list[Replaced]:
    """Secrets of which two are accepted at present."""
    made = type(channel.connector).settings_form()
    fields = made.base_fields if made else {}
    found = [name for name in sorted(channel.connector.rotating_secrets) if channel.secrets.get(name + PREVIOUS)]
    return [
        Replaced(name, str(fields[name].label) if name in fields else name, _since(channel, name)) for name in found
    ]


def _since(channel: Channel, name: str) -> datetime | None:
    return parse_datetime(channel.secrets.get(name + SINCE, ""))


def forget_previous(channel: Channel, name: str) -> bool:
    """Accept the new secret alone; False where there was no old one."""
    if name not in channel.connector.rotating_secrets or not channel.secrets.get(name + PREVIOUS):
        return False
    with transaction.atomic():
        current = Channel.objects.select_for_update().get(pk=channel.pk)
        current.secrets = {
            key: kept for key, kept in current.secrets.items() if key not in (name + PREVIOUS, name + SINCE)
        }
        current.save(update_fields=["secrets"])
    return True
