"""What a visitor may expect: whether somebody is there, and how soon answers came lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_app.models import Channel
from conversations.actions.placing import intake_of
from conversations.hours import opening
from conversations.models import Conversation

LOOKED_AT = 200
KEPT_SECONDS = 300
# Fewer answers than this promise nothing.
ENOUGH = 5


@dataclass(frozen=True)
class Promise:
    """One line for the visitor."""

    is_open: bool
    text: str


def promise(channel: Channel) -> Promise:
    """Say, in the active language, when the visitor may expect an answer."""
    now = opening(intake_of(channel).hours)
    if now.is_open:
        return Promise(True, _speed(_usual_seconds(channel)))
    if now.opens_at is None:
        return Promise(False, _("We are away now. Leave a message and we will answer."))
    return Promise(False, _("We are away now and back %(when)s") % {"when": _when(now.opens_at)})


def _speed(seconds: float | None) -> str:
    if seconds is None:
        return _("We are here")
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return ngettext("Usually answers within a minute", "Usually answers within %(count)d minutes", minutes) % {
            "count": minutes
        }
    hours = round(minutes / 60)
    if hours < 24:
        return ngettext("Usually answers within an hour", "Usually answers within %(count)d hours", hours) % {
            "count": hours
        }
    return _("Usually answers within a day or two")


def _when(moment: datetime) -> str:
    time = date_format(moment, "TIME_FORMAT")
    days = (moment.date() - timezone.localdate()).days
    if days == 0:
        return _("today at %(time)s") % {"time": time}
    if days == 1:
        return _("tomorrow at %(time)s") % {"time": time}
    return _("on %(day)s at %(time)s") % {"day": date_format(moment, "l"), "time": time}


def _usual_seconds(channel: Channel) -> float | None:
    """The median time to a first answer on this channel in the last week; None where there is too little to say."""
    return cache.get_or_set(f"promise-{channel.pk}", lambda: _median(channel), KEPT_SECONDS)


def _median(channel: Channel) -> float | None:
    lately = Conversation.objects.filter(
        last_channel=channel, created_at__gte=timezone.now() - timedelta(days=7), first_replied_at__isnull=False
    ).order_by("-created_at")
    answered = lately.values_list("created_at", "first_replied_at")[:LOOKED_AT]
    waits = [(replied - created).total_seconds() for created, replied in answered if replied]
    return median(waits) if len(waits) >= ENOUGH else None
