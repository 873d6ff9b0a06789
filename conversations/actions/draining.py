"""A provider has something for us that must be fetched: kept as a row until polling.drain has fetched it."""

from __future__ import annotations

from django.db import transaction

from channels_app.contract import Knock
from channels_app.models import Channel
from conversations.models import Summons
from conversations.wake import wake


@transaction.atomic
def summon(channel: Channel, knock: Knock) -> None:
    """Keep that something waits, and let a worker fetch it."""
    Summons.objects.create(channel=channel, hint=dict(knock.hint))
    wake("drain", channel.pk)
