"""The texts that providers have approved, as they were when last asked for."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from channels_app import contract
from channels_app.models import Channel, Template

logger = logging.getLogger(__name__)


def sync(channel: Channel) -> int:
    """Ask the provider for its approved texts and keep just these: how many; raises DeliveryError."""
    told = channel.connector.templates()
    with transaction.atomic():
        Channel.objects.select_for_update().get(pk=channel.pk)
        kept = [_keep(channel, one).pk for one in told]
        channel.templates.exclude(pk__in=kept).delete()
    return len(kept)


def _keep(channel: Channel, told: contract.Template) -> Template:
    row, _is_new = Template.objects.update_or_create(
        channel=channel,
        name=told.name[:200],
        language=told.language[:16],
        defaults={
            "category": told.category[:40],
            "body": told.body,
            "parameters": list(told.parameters),
            "is_approved": told.is_approved,
            "details": dict(told.details),
            "synced_at": timezone.now(),
        },
    )
    return row


def sync_all() -> None:
    """Ask for every channel that has templates; one that fails keeps what it had."""
    for channel in Channel.objects.enabled().exclude(state=Channel.State.PAUSED):
        if channel.connector.capabilities.has_templates:
            try:
                sync(channel)
            except contract.DeliveryError as failure:
                logger.info("templates.not_synced", extra={"channel": channel.pk, "code": failure.code})
