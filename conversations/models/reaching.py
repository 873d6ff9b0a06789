"""When one may write to a customer by a channel, and what they put on messages."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from conversations.models.message import Message
from customers.models import Identity


class ReplyWindow(models.Model):
    """What one customer's doings on one channel let us do: kept for channels that limit when one may answer."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="windows", verbose_name=_("channel"))
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="windows", verbose_name=_("identity"))
    acted_at = models.DateTimeField(_("customer last did something"), null=True, blank=True)
    # Where the provider names the end itself; otherwise the channel's capabilities give it.
    closes_at = models.DateTimeField(_("ends"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended by the customer or the provider"), null=True, blank=True)
    sent_since = models.PositiveSmallIntegerField(_("sent since then"), default=0)
    handles = models.JSONField(_("what the provider gave us to answer with"), default=dict, blank=True)

    class Meta:
        verbose_name = _("reply window")
        verbose_name_plural = _("reply windows")
        constraints = [models.UniqueConstraint(fields=["identity", "channel"], name="conversations_window_once")]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.channel_id}"


class Reaction(models.Model):
    """An emoji that somebody put on a message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions", verbose_name=_("message"))
    identity = models.ForeignKey(
        Identity, models.CASCADE, null=True, blank=True, related_name="reactions", verbose_name=_("identity")
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("agent")
    )
    emoji = models.CharField(_("emoji"), max_length=40)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "identity"], condition=Q(agent=None), name="conversations_reaction_of_customer"
            ),
            # Providers know one reaction of ours on each message, whoever of us gave it.
            models.UniqueConstraint(
                fields=["message"], condition=Q(agent__isnull=False), name="conversations_reaction_of_desk"
            ),
            models.CheckConstraint(
                condition=Q(identity=None, agent__isnull=False) | Q(identity__isnull=False, agent=None),
                name="conversations_reaction_of_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.emoji} {self.message_id}"


class SummonsQuerySet(models.QuerySet["Summons"]):
    """Reusable reads of what waits to be fetched."""

    def due(self) -> SummonsQuerySet:
        """Those whose time for a first or further try has come; a paused channel has to be let in first."""
        working = Channel.objects.enabled().exclude(state=Channel.State.PAUSED)
        return self.filter(due_at__lte=timezone.now(), channel__in=working)


class Summons(models.Model):
    """That a provider has something for us which we must fetch: kept until it has been fetched."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="summons", verbose_name=_("channel"))
    hint = models.JSONField(_("hint"), default=dict, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[SummonsQuerySet] = SummonsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("summons")
        verbose_name_plural = _("summonses")
        indexes = [models.Index(fields=["due_at"], name="summons_due")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.pk}"
