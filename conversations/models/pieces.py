"""Messages that come in pieces, each in a request of its own, until all of them are here."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel


class FragmentedMessage(models.Model):
    """The pieces of one message that have come so far; what they say stays in the vault, and is read there."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", verbose_name=_("channel"))
    key = models.CharField(_("key"), max_length=200)
    total = models.PositiveSmallIntegerField(_("number of pieces"))
    # {"1": 4711, …}: the envelope of each.
    envelopes = models.JSONField(_("envelopes"), default=dict)
    first_at = models.DateTimeField(_("first piece came"), default=timezone.now)

    class Meta:
        verbose_name = _("message in pieces")
        verbose_name_plural = _("messages in pieces")
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="conversations_fragmented_once")]
        indexes = [models.Index(fields=["first_at"], name="fragmented_oldest")]

    def __str__(self) -> str:
        return f"{self.key} {len(self.envelopes)}/{self.total}"
