"""What follows when a reply stays unread: presets of a team, and the rungs that one reply has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Team
from channels_app.models import Channel
from conversations.models.delivery import Delivery
from conversations.models.message import Message
from conversations.sources import told
from customers.models import Identity


class Ladder(models.Model):
    """A plan kept for re-use: first the chosen channel, then these, each where the one before stayed unread or failed."""

    name = models.CharField(_("name"), max_length=80)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="ladders", verbose_name=_("team")
    )
    is_default = models.BooleanField(_("for every reply of the team"), default=False)

    class Meta:
        verbose_name = _("delivery plan")
        verbose_name_plural = _("delivery plans")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["team"],
                condition=Q(is_default=True),
                nulls_distinct=False,
                name="conversations_ladder_one_default",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LadderStep(models.Model):
    """One channel of a plan, and how long what was sent before may stay unread."""

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="steps", verbose_name=_("delivery plan"))
    number = models.PositiveSmallIntegerField(_("number"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", verbose_name=_("channel"))
    after_minutes = models.PositiveIntegerField(_("unread for (minutes)"), default=30)
    # {"name", "language", "values"}: what a channel sends that carries approved texts only.
    template = models.JSONField(_("template"), default=dict, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["ladder", "number"], name="conversations_ladder_step_once")]

    def __str__(self) -> str:
        return f"{self.ladder_id}/{self.number}"


class Rung(models.Model):
    """One further channel of one reply; it waits until the one before has been read, or has not."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent on")
        SKIPPED = "skipped", _("Not possible")
        CANCELLED = "cancelled", _("Not needed")

    class Reason(models.TextChoices):
        READ = "read", _("The customer has read it")
        ANSWERED = "answered", _("The customer has answered")
        STOPPED = "stopped", _("Taken back")
        KNOWN = "known", _("It went there already")

    message = models.ForeignKey(Message, models.CASCADE, related_name="rungs", verbose_name=_("message"))
    number = models.PositiveSmallIntegerField(_("number"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", verbose_name=_("channel"))
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name=_("identity"))
    after_minutes = models.PositiveIntegerField(_("unread for (minutes)"))
    template = models.JSONField(_("template"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    look_at = models.DateTimeField(_("look again at"), default=timezone.now)
    delivery = models.OneToOneField(
        Delivery, models.SET_NULL, null=True, blank=True, related_name="rung", verbose_name=_("delivery")
    )

    class Meta:
        verbose_name = _("rung")
        verbose_name_plural = _("rungs")
        ordering: ClassVar = ["number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="conversations_rung_once")]
        indexes = [models.Index(fields=["look_at"], name="rung_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number}"

    @property
    def why(self) -> str:
        """The reason in words: one of ours, or what a channel said."""
        return str(dict(self.Reason.choices)[self.reason]) if self.reason in self.Reason else told(self.reason)
