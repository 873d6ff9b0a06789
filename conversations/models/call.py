"""Calls: by telephone or video, each with its place in the thread."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from conversations.models.message import Message

# Of a call that is said to go on for longer, nobody has heard the end.
LONGEST = timedelta(hours=4)


class CallQuerySet(models.QuerySet["Call"]):
    """Reusable reads of calls."""

    def live(self) -> CallQuerySet:
        """Ringing or being held now."""
        return self.filter(state__in=Call.LIVE, started_at__gt=timezone.now() - LONGEST)

    def waiting(self) -> CallQuerySet:
        """Callers whom nobody has answered yet, the longest first."""
        return self.live().filter(direction=Call.Direction.INBOUND, answered_at=None).order_by("started_at", "id")

    def to_call_back(self) -> CallQuerySet:
        """Customers who are owed a call."""
        return self.filter(callback_at__isnull=False, called_back_at=None)


class Call(models.Model):
    """One call with a customer; its message holds its place in the conversation, and its recording."""

    class Medium(models.TextChoices):
        TELEPHONE = "phone", _("Telephone")
        VIDEO = "video", _("Video")

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("From the customer")
        OUTBOUND = "outbound", _("To the customer")

    class State(models.TextChoices):
        REQUESTED = "requested", _("Call-back requested")
        RINGING = "ringing", _("Ringing")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Ended")
        MISSED = "missed", _("Missed")
        FAILED = "failed", _("Failed")

    class Outcome(models.TextChoices):
        NONE = "", _("Not yet known")
        ANSWERED = "answered", _("Answered")
        VOICEMAIL = "voicemail", _("Left a message")
        CALL_BACK = "callback", _("Wants to be called back")
        NOBODY = "nobody", _("Nobody answered")
        BUSY = "busy", _("Busy")
        DECLINED = "declined", _("Ended before it was answered")
        FAILED = "failed", _("Could not be connected")

    RANK: ClassVar[dict[str, int]] = {
        "requested": 0,
        "ringing": 1,
        "in_progress": 2,
        "missed": 3,
        "failed": 3,
        "completed": 4,
    }
    LIVE: ClassVar[tuple[str, ...]] = (State.RINGING, State.IN_PROGRESS)
    ENDED: ClassVar[tuple[str, ...]] = (State.COMPLETED, State.MISSED, State.FAILED)

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    message = models.OneToOneField(Message, models.CASCADE, related_name="call", verbose_name=_("message"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="calls", verbose_name=_("channel"))
    external_id = models.CharField(_("id at the provider"), max_length=255, blank=True)
    medium = models.CharField(_("medium"), max_length=6, choices=Medium, default=Medium.TELEPHONE)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RINGING)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, default=Outcome.NONE)
    number = models.CharField(_("customer's number"), max_length=320, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name=_("agent")
    )
    chosen = models.CharField(_("chosen in the menu"), max_length=200, blank=True)
    transcript = models.TextField(_("transcript"), blank=True)
    code = models.CharField(_("provider's code"), max_length=80, blank=True)
    started_at = models.DateTimeField(_("began"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    duration = models.PositiveIntegerField(_("length in seconds"), default=0)
    callback_at = models.DateTimeField(_("call back at"), null=True, blank=True)
    called_back_at = models.DateTimeField(_("called back"), null=True, blank=True)
    # Of a video call: what the link to its room holds.
    details = models.JSONField(_("details"), default=dict, blank=True)

    objects: ClassVar[CallQuerySet] = CallQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="conversations_call_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at"], name="call_live", condition=Q(state__in=["ringing", "in_progress"])),
            models.Index(
                fields=["callback_at"],
                name="call_to_call_back",
                condition=Q(callback_at__isnull=False, called_back_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.state} {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def is_owed(self) -> bool:
        """Whether the customer waits to be called back."""
        return self.callback_at is not None and self.called_back_at is None

    def rise(self, state: str) -> bool:
        """Take a state that is later than the present one; whether it was."""
        if self.RANK[state] <= self.RANK[self.state]:
            return False
        self.state = state
        return True
