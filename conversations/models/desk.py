"""What the desk has decided: where a channel's messages go, and answers kept for re-use."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models import Team
from channels_app.models import Channel


class Intake(models.Model):
    """What the desk does with that which comes in on one channel."""

    channel = models.OneToOneField(
        Channel, models.CASCADE, primary_key=True, related_name="intake", verbose_name=_("channel")
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team"))
    reopen_days = models.PositiveSmallIntegerField(
        _("reopen within (days)"), default=7, help_text=_("A resolved conversation younger than this is continued")
    )
    reply_within_minutes = models.PositiveIntegerField(_("answer within (minutes)"), default=240)
    greeting = models.TextField(_("greeting"), blank=True)
    signature = models.TextField(_("signature"), blank=True)
    # {"mon": [["10:00", "18:00"]], …} in the desk's time zone; empty: always open.
    hours = models.JSONField(_("business hours"), default=dict, blank=True)

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")

    def __str__(self) -> str:
        return str(self.channel)

    @property
    def reopen_window(self) -> timedelta:
        return timedelta(days=self.reopen_days)

    @property
    def answer_within(self) -> timedelta | None:
        return timedelta(minutes=self.reply_within_minutes) if self.reply_within_minutes else None


class SavedReply(models.Model):
    """An answer kept for re-use, with variables such as {{ customer.name }}."""

    title = models.CharField(_("title"), max_length=120)
    shortcut = models.SlugField(_("shortcut"), max_length=40, unique=True, allow_unicode=True)
    body = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=12, blank=True)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="saved_replies", verbose_name=_("team")
    )

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
