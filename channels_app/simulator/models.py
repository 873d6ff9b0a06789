"""What the simulated providers remember between two requests, and between processes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT_EXCHANGES = 200


class Account(models.Model):
    """What one channel's provider knows of itself: its keys, its notes, its faults. Its row is the lock of all below."""

    channel = models.OneToOneField(
        "channels_app.Channel", models.CASCADE, related_name="simulated", verbose_name=_("channel")
    )
    keys = models.JSONField(_("keys"), default=dict)
    notes = models.JSONField(_("notes"), default=dict, blank=True)
    faults = models.JSONField(_("faults"), default=dict, blank=True)

    class Meta:
        verbose_name = _("simulated account")
        verbose_name_plural = _("simulated accounts")

    def __str__(self) -> str:
        return str(self.channel)


class Person(models.Model):
    """Somebody whom one can play on every channel."""

    name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=20, unique=True)
    language = models.CharField(_("language"), max_length=8, default="ko")

    class Meta:
        verbose_name = _("simulated person")
        verbose_name_plural = _("simulated persons")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person as one account knows them; `data` is world.Contact."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contacts")
    address = models.CharField(max_length=255)
    data = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="simulator_contact_once")]

    def __str__(self) -> str:
        return self.address


class Message(models.Model):
    """A message as both phones show it; `data` is world.Message."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="messages")
    external_id = models.CharField(max_length=255)
    address = models.CharField(max_length=255)
    key = models.CharField(max_length=255, blank=True)
    data = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="simulator_message_once")]
        indexes = [models.Index(fields=["account", "address", "-id"], name="simulator_thread")]

    def __str__(self) -> str:
        return self.external_id


class File(models.Model):
    """A file that the provider keeps."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="files")
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    content_type = models.CharField(max_length=160)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="simulator_file_once")]

    def __str__(self) -> str:
        return self.name


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    """Reusable reads of the log."""

    def forget_old(self, account: Account) -> None:
        """Keep the newest entries of an account alone."""
        kept = self.filter(account=account).order_by("-pk").values_list("pk", flat=True)
        if edge := list(kept[KEPT_EXCHANGES : KEPT_EXCHANGES + 1]):
            self.filter(account=account, pk__lte=edge[0]).delete()


class Exchange(models.Model):
    """One raw request with its answer, either way."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="exchanges")
    is_hook = models.BooleanField(help_text=_("From the provider to the desk"))
    method = models.CharField(max_length=8)
    url = models.TextField()
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Exchange]] = ExchangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="simulator_log")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


def as_text(body: bytes) -> str:
    """A body for the log: text as it is, the beginning of what is long, bytes only counted."""
    try:
        return body[:20_000].decode().replace("\0", "")
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"
