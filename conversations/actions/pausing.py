"""A provider that refuses our credentials is left alone until an admin has mended them."""

from __future__ import annotations

import logging

from django.utils import timezone

from agents.models import User
from channels_app.contract import AccountFailure
from channels_app.models import Channel
from conversations.live import nudge

logger = logging.getLogger(__name__)


def pause(channel: Channel, failure: AccountFailure) -> None:
    """Stop sending by a channel and tell the admins; what is to be sent waits in the queue until the channel works."""
    working = Channel.objects.filter(pk=channel.pk).exclude(state=Channel.State.PAUSED)
    is_news = working.update(state=Channel.State.PAUSED)
    Channel.objects.filter(pk=channel.pk).update(last_error=str(failure)[:2000], last_error_at=timezone.now())
    channel.state = Channel.State.PAUSED
    logger.error("channel.paused", extra={"channel": channel.pk, "code": failure.code})
    if is_news:
        for pk in User.objects.filter(role=User.Role.ADMIN, is_active=True).values_list("pk", flat=True):
            nudge(f"inbox-agent-{pk}", notice=channel.pk)
