"""Customers and the addresses by which they reach us."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Senders whose own domain disowns the message have identities under this account, apart from the real ones.
SUSPECT_ACCOUNT = "suspect"
# As the reason why an address cannot be reached: its holder has left or blocked us. Each reader's language has words for it.
BLOCKED = "blocked"


class Organisation(models.Model):
    """A company that customers belong to."""

    name = models.CharField(_("name"), max_length=160)
    domain = models.CharField(_("domain"), max_length=253, blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint(
                Lower("domain"), condition=~models.Q(domain=""), name="customers_organisation_domain"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Reusable reads of customers."""

    def current(self) -> CustomerQuerySet:
        """Those who were not merged into another."""
        return self.filter(merged_into=None)


class Customer(models.Model):
    """One person, on however many channels."""

    name = models.CharField(_("name"), max_length=160, blank=True)
    language = models.CharField(
        _("language"), max_length=12, blank=True, help_text=_("BCP 47, for instance ko or en-GB")
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="customers", verbose_name=_("organisation")
    )
    is_vip = models.BooleanField(_("VIP"), default=False)
    notes = models.TextField(_("notes"), blank=True)
    facts = models.JSONField(
        _("facts"), default=dict, blank=True, help_text=_("What the shop told us: orders, member since…")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("merged into")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[models.Manager[Customer]] = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["name", "id"], name="customers_by_name"),
            GinIndex(models.Func(models.F("name"), function="customers_grams"), name="customers_name_grams"),
            models.Index(fields=["id"], name="customers_vip", condition=models.Q(is_vip=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="customers_not_into_self",
            )
        ]

    def __str__(self) -> str:
        return self.name or str(_("Unknown customer"))


class IdentityQuerySet(models.QuerySet["Identity"]):
    """Reusable reads of identities."""

    def at(self, kind: str, value: str, account: str = "") -> IdentityQuerySet:
        """The identity behind one normalised address, if it is known."""
        return self.filter(kind=kind, account=account, value=value)


def picture_path(identity: Identity, filename: str) -> str:
    """An unguessable place in the storage."""
    return f"pictures/{uuid.uuid4().hex}"


class Identity(models.Model):
    """One address of a customer: an e-mail address, a phone number, a visitor's or an app's id."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="identities", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=24)
    account = models.CharField(
        _("account"),
        max_length=64,
        blank=True,
        help_text=_("The channel that issued the id; blank where it holds everywhere"),
    )
    value = models.CharField(_("address"), max_length=320, help_text=_("Normalised"))
    raw = models.CharField(_("as received"), max_length=320, blank=True)
    name = models.CharField(_("name given there"), max_length=160, blank=True)
    is_verified = models.BooleanField(_("verified"), default=False)
    unreachable_reason = models.CharField(_("cannot be reached because"), max_length=200, blank=True)
    picture = models.FileField(_("picture"), upload_to=picture_path, blank=True, default="", db_default="")
    profile_at = models.DateTimeField(_("profile asked for"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[models.Manager[Identity]] = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["kind", "account", "value"], name="customers_identity_once"),
            models.CheckConstraint(condition=~models.Q(value=""), name="customers_identity_not_blank"),
        ]
        indexes = [
            GinIndex(
                models.Func(models.F("value"), function="customers_grams"),
                name="customers_address_grams",
                condition=models.Q(account=""),
            )
        ]

    def __str__(self) -> str:
        return self.raw or self.value


class IdentityClaim(models.Model):
    """An address a customer gave without proof: a suggestion to the agent, never access to another's history."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DISMISSED = "dismissed", _("Dismissed")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="claims", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=24)
    value = models.CharField(_("address"), max_length=320)
    source = models.CharField(_("source"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("claimed identity")
        verbose_name_plural = _("claimed identities")
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "value"], name="customers_claim_once")]

    def __str__(self) -> str:
        return self.value

    def owner(self) -> Customer | None:
        """The customer who already holds the claimed address, if there is one."""
        held = Identity.objects.filter(kind=self.kind, account="", value=self.value).select_related("customer").first()
        return held.customer if held else None


class Consent(models.Model):
    """What a customer once said of being written to: never changed, the newest of an address and purpose counts."""

    class Purpose(models.TextChoices):
        SERVICE = "service", _("Answers and service")
        MARKETING = "marketing", _("Advertising")

    class Source(models.TextChoices):
        MESSAGE = "message", _("Word in a message")
        PROVIDER = "provider", _("Told by the provider")
        FORM = "form", _("Form")
        AGENT = "agent", _("Entered by an agent")

    identity = models.ForeignKey(Identity, models.CASCADE, related_name="consents", verbose_name=_("identity"))
    account = models.CharField(
        _("account"), max_length=64, blank=True, help_text=_("The channel for which it was said; blank: for all")
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.SERVICE)
    is_granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    words = models.CharField(_("words"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["identity", "purpose", "-at", "-id"], name="customers_consent_newest")]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.purpose} {self.is_granted}"
