"""Browsers in which somebody talks to us through a panel that we serve."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from customers.models import Identity

# `seen_at` is only refreshed this often: it must not cost a write for every pull.
SEEN_EVERY = timedelta(seconds=20)


def hashed(token: str) -> str:
    """What is kept of a visitor's token: whoever reads the table cannot become the visitor."""
    return hashlib.sha256(token.encode()).hexdigest()


class VisitorQuerySet(models.QuerySet["Visitor"]):
    """Reusable reads of visitors."""

    def holding(self, token: str, channel: Channel, origin: str) -> VisitorQuerySet:
        """The anonymous visitor whose browser holds this token, for this channel and this host alone."""
        return self.filter(channel=channel, origin=origin, token_hash=hashed(token), subject="")


class Visitor(models.Model):
    """One browser on one host site, or, with `subject`, one person for whom the host vouches."""

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="visitors", verbose_name=_("channel"))
    origin = models.CharField(_("host site"), max_length=260, blank=True)
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    subject = models.CharField(_("id at the host"), max_length=200, blank=True)
    # [{"kind": …, "value": …}]: addresses that the host vouches for, joined to the identity once it exists.
    proven = models.JSONField(_("proven addresses"), default=list, blank=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    identity = models.ForeignKey(
        Identity, models.SET_NULL, null=True, blank=True, related_name="visitors", verbose_name=_("identity")
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    page = models.JSONField(_("page"), default=dict, blank=True)
    was_asked = models.BooleanField(_("has filled in the form"), default=False)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[VisitorQuerySet] = VisitorQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "subject"],
                condition=~models.Q(subject=""),
                name="conversations_visitor_subject_once",
            ),
            models.CheckConstraint(
                condition=models.Q(subject="") | models.Q(token_hash=None),
                name="conversations_visitor_known_has_no_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key.hex[:8]

    @property
    def is_verified(self) -> bool:
        """Whether the host vouches for the person."""
        return bool(self.subject)

    @property
    def has_ended(self) -> bool:
        """Whether its browser speaks as a known person by now and it never spoke itself: nobody would read its words."""
        return not (self.subject or self.token_hash or self.identity_id)

    @property
    def address_key(self) -> str:
        """The value of the visitor's identity."""
        return f"host:{self.subject}" if self.subject else self.key.hex

    def issue_token(self) -> str:
        """A new secret for the visitor's browser (256 bits); the caller saves the hash."""
        token = secrets.token_urlsafe(32)
        self.token_hash = hashed(token)
        return token

    def saw(self) -> None:
        """The visitor is there."""
        if timezone.now() - self.seen_at > SEEN_EVERY:
            Visitor.objects.filter(pk=self.pk).update(seen_at=timezone.now())


class UsedToken(models.Model):
    """A host's token that has opened a session: it opens no other."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    token_id = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "token_id"], name="conversations_used_token_once")]
        indexes = [models.Index(fields=["expires_at"], name="used_token_expired")]

    def __str__(self) -> str:
        return self.token_id
