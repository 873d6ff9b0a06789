"""Configured accounts and everything that was ever received through them."""

from __future__ import annotations

import secrets as random
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import connectors, contract
from channels_app.crypto import SecretsField

if TYPE_CHECKING:
    from channels_app.contract import Connector


# Names the advisory lock under which a channel's secrets are renewed.
_RENEWING = 0x1E40
# A polled account that was not read to the end for this long is late.
LATE = timedelta(minutes=5)


def new_token() -> str:
    """The unguessable part of a channel's public addresses (24 URL-safe characters, 144 bits)."""
    return random.token_urlsafe(18)


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reusable reads of channels."""

    def enabled(self) -> ChannelQuerySet:
        """Those that are switched on, and whose kind somebody speaks."""
        return self.filter(is_enabled=True, kind__in=connectors.REGISTRY)

    def at_door(self, token: str) -> Channel | None:
        """The enabled channel that an address of ours belongs to; written out, since every web hook asks."""
        found = next(iter(self.raw(_AT_DOOR, [token])), None)
        return found if found is not None and found.kind in connectors.REGISTRY else None

    def owning(self, address: str) -> Channel | None:
        """The enabled channel to which this raw address leads; None where nobody knows it."""
        return next((channel for channel in self.enabled() if channel.connector.owns(address)), None)


class Channel(models.Model):
    """One configured account: this mailbox, this widget, this number."""

    class State(models.TextChoices):
        NEW = "new", _("Not yet used")
        OK = "ok", _("Working")
        DELAYED = "delayed", _("Delayed")
        FAILING = "failing", _("Failing")
        PAUSED = "paused", _("Paused")

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=24)
    name = models.CharField(_("name"), max_length=80)
    token = models.CharField(_("token"), max_length=64, unique=True, default=new_token)
    config = models.JSONField(_("configuration"), default=dict, blank=True)
    secrets: models.Field[dict[str, Any], dict[str, Any]] = SecretsField(_("secrets"), default=dict, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    last_received_at = models.DateTimeField(_("last received"), null=True, blank=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    last_checked_at = models.DateTimeField(_("last checked"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True)

    cursor = models.JSONField(
        _("cursor"), default=dict, blank=True, help_text=_("How far a polled account has been read")
    )
    waiting = models.PositiveIntegerField(_("still to be read"), default=0)
    waiting_since = models.DateTimeField(_("oldest of it arrived"), null=True, blank=True)
    lease_holder = models.CharField(_("lease holder"), max_length=64, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[models.Manager[Channel]] = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def connector(self) -> Connector:
        """The connector that speaks this channel's protocol; raises KeyError for a kind nobody speaks."""
        return connectors.get(self.kind)(self)

    @property
    def lag(self) -> timedelta | None:
        """How far a polled account is behind; None where it is level, or is not polled."""
        if not self.is_enabled or not self.connector.is_polled:
            return None
        since = [at for at in (self.waiting_since, self.last_checked_at or self.created_at) if at]
        behind = timezone.now() - min(since)
        return behind if behind > LATE else None

    @property
    def health(self) -> str:
        """The state as a person should see it: an account that nobody reads any more is delayed, whatever it said last."""
        if self.state in (self.State.PAUSED, self.State.FAILING) or self.lag is None:
            return self.state
        return self.State.DELAYED

    @property
    def account(self) -> str:
        """What identities issued by this channel carry as their account."""
        return str(self.key)

    @property
    def hook_url(self) -> str:
        """The public address at which the provider delivers."""
        return f"{settings.PUBLIC_URL}/hooks/{self.token}/"

    def keep_secrets(self, **secrets: str) -> None:
        """Store secrets that the provider has renewed, beside the others."""
        with transaction.atomic():
            current = Channel.objects.select_for_update().get(pk=self.pk)
            current.secrets = self.secrets = {**current.secrets, **secrets}
            current.save(update_fields=["secrets"])

    def renew_secrets(self, renew: Callable[[Mapping[str, Any]], Mapping[str, str]]) -> None:
        """Let one process after the other renew secrets that can be renewed once; the row itself stays free meanwhile."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_RENEWING, self.pk])
            self.secrets = Channel.objects.get(pk=self.pk).secrets
            if renewed := renew(self.secrets):
                self.keep_secrets(**renewed)

    def take_lease(self, holder: str, seconds: float) -> bool:
        """Become the one process that polls this channel; False while another holds the lease."""
        now = timezone.now()
        free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(lease_holder=holder)
        until = now + timedelta(seconds=seconds)
        return bool(Channel.objects.filter(free, pk=self.pk).update(lease_holder=holder, leased_until=until))

    def drop_lease(self, holder: str) -> None:
        Channel.objects.filter(pk=self.pk, lease_holder=holder).update(lease_holder="", leased_until=None)


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    """Reusable reads of the vault."""

    def due(self) -> EnvelopeQuerySet:
        """Received but not understood yet, and due for another try."""
        return self.filter(
            state__in=[Envelope.State.RECEIVED, Envelope.State.QUARANTINED], next_attempt_at__lte=timezone.now()
        )

    def put(self, envelope: Envelope) -> bool:
        """Store a new envelope by one statement, without a transaction around it; False where its key is known."""
        values = [field.get_db_prep_save(getattr(envelope, field.attname), connection) for field in _FIELDS]
        with connection.cursor() as cursor:
            cursor.execute(_PUT, values)
            stored = cursor.fetchone()
        if stored:
            envelope.pk = stored[0]
            envelope._state.adding = False
        return stored is not None


class Envelope(models.Model):
    """The vault: one request or mail exactly as it came in, kept before anything parses it."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSED = "processed", _("Processed")
        QUARANTINED = "quarantined", _("Quarantined")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="envelopes", verbose_name=_("channel"))
    dedup_key = models.CharField(_("dedup key"), max_length=200)
    path = models.CharField(
        _("path"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("What followed the hook's address"),
    )
    query = models.TextField(_("query"), blank=True, default="", db_default="")
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    content_type = models.CharField(_("content type"), max_length=160, blank=True)
    body = models.BinaryField(_("body"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)

    objects: ClassVar[models.Manager[Envelope]] = EnvelopeQuerySet.as_manager()

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        constraints = [models.UniqueConstraint(fields=["channel", "dedup_key"], name="channels_envelope_once")]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="channels_envelope_due", condition=~Q(state="processed")),
            models.Index(fields=["channel", "-received_at"], name="channels_envelope_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.dedup_key}"

    def done(self) -> None:
        """It was understood: nobody has to try again."""
        self.state, self.processed_at, self.next_attempt_at, self.error = self.State.PROCESSED, timezone.now(), None, ""
        with connection.cursor() as cursor:
            cursor.execute(_DONE, [self.state, self.processed_at, self.pk])


class Template(models.Model):
    """A text that a provider has approved for one channel, as it was when last asked for."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="templates", verbose_name=_("channel"))
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=16, blank=True)
    category = models.CharField(_("category"), max_length=40, blank=True)
    body = models.TextField(_("text"))
    parameters = models.JSONField(_("blanks"), default=list, blank=True)
    is_approved = models.BooleanField(_("approved"), default=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    synced_at = models.DateTimeField(_("asked for"), default=timezone.now)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "name", "language"], name="channels_template_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})" if self.language else self.name

    def as_sent(self) -> contract.Template:
        """What a connector takes."""
        return contract.Template(
            self.name, self.language, self.body, self.parameters, self.category, self.is_approved, self.details
        )


_AT_DOOR = f"SELECT * FROM {Channel._meta.db_table} WHERE token = %s AND is_enabled"  # noqa: S608
# These two run for every mail; the ORM would spend ten times what the statement itself costs on building it.
_DONE = (
    f"UPDATE {Envelope._meta.db_table} SET state = %s, processed_at = %s, next_attempt_at = NULL, error = ''"  # noqa: S608
    " WHERE id = %s"
)
_FIELDS = [field for field in Envelope._meta.concrete_fields if not field.primary_key]
_COLUMNS = [str(field.column) for field in _FIELDS]
_PUT = (
    f"INSERT INTO {Envelope._meta.db_table} ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608
    " ON CONFLICT (channel_id, dedup_key) DO NOTHING RETURNING id"
)
