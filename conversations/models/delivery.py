"""The ledger of what was sent to whom and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import connectors
from channels_app.models import Channel
from conversations.models.message import Message
from customers.models import Identity

# A claim that lives longer than this has lost its worker.
LEASE = timedelta(minutes=2)
ALL_THAT_A_SEND_READS = ("message__conversation__customer", "message__author", "channel__intake", "identity")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reusable reads and the claim."""

    def due(self) -> DeliveryQuerySet:
        """Queued, and their time has come; what a paused channel has to send waits, as does what nobody can speak now."""
        waits = Channel.objects.filter(Q(state=Channel.State.PAUSED) | ~Q(kind__in=connectors.REGISTRY))
        return self.filter(state=Delivery.State.QUEUED, not_before__lte=timezone.now()).exclude(channel__in=waits)

    def abandoned(self) -> DeliveryQuerySet:
        """Claimed by a worker that never came back."""
        late = self.filter(state=Delivery.State.SENDING, leased_until__lt=timezone.now())
        return late.filter(channel__kind__in=connectors.REGISTRY)

    def failed(self) -> DeliveryQuerySet:
        """What a person has to look at."""
        return self.filter(state__in=Delivery.NEEDS_ATTENTION, is_settled_by_agent=False)

    def troubles(self, channel: Channel, since: datetime) -> dict[str, int]:
        """How many sends of a channel failed since a time, by the class of the failure."""
        failed = self.filter(channel=channel, created_at__gte=since).exclude(trouble="").order_by()
        return dict(failed.values_list("trouble").annotate(number=Count("id")))

    def claim(self, pk: int) -> Delivery | None:
        """Take one due delivery for sending; None where it is not due, cancelled, or somebody else has it."""
        claimed = (
            self.due()
            .filter(pk=pk)
            .update(
                state=Delivery.State.SENDING,
                claim=uuid.uuid4(),
                attempts=F("attempts") + 1,
                leased_until=timezone.now() + LEASE,
            )
        )
        return self.select_related(*ALL_THAT_A_SEND_READS).get(pk=pk) if claimed else None


class Delivery(models.Model):
    """One recipient of one outbound message."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")
        UNKNOWN = "unknown", _("Not known whether sent")
        CANCELLED = "cancelled", _("Cancelled")

    class Role(models.TextChoices):
        TO = "to", _("To")
        CC = "cc", _("Cc")
        BCC = "bcc", _("Bcc")

    RANK: ClassVar[dict[str, int]] = {"queued": 0, "sending": 1, "unknown": 1, "sent": 2, "delivered": 3, "read": 4}
    NEEDS_ATTENTION: ClassVar[tuple[str, ...]] = (State.FAILED, State.UNKNOWN)

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries", verbose_name=_("message"))
    # Always "outbound"; with message_id it refers to (id, kind) of the message, so that a note can have no delivery.
    message_kind = models.CharField(max_length=10, default=Message.Kind.OUTBOUND, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries", verbose_name=_("channel"))
    identity = models.ForeignKey(
        Identity, models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("identity")
    )
    address = models.CharField(_("address"), max_length=320)
    name = models.CharField(_("name"), max_length=160, blank=True)
    role = models.CharField(_("role"), max_length=4, choices=Role, default=Role.TO)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    cancel_if_answered = models.BooleanField(_("cancel if the customer answers first"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    external_id = models.CharField(_("id at the provider"), max_length=255, blank=True)
    trouble = models.CharField(_("class of the failure"), max_length=10, blank=True, default="", db_default="")
    code = models.CharField(_("provider's code"), max_length=80, blank=True)
    detail = models.TextField(_("what happened"), blank=True)
    advice = models.CharField(_("advice"), max_length=300, blank=True)
    is_settled_by_agent = models.BooleanField(_("dealt with"), default=False)
    # What stayed unread here has been sent after the customer by another channel, or could not be.
    is_followed_up = models.BooleanField(_("followed up"), default=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(message_kind="outbound"), name="conversations_delivery_of_a_reply"),
            models.UniqueConstraint(fields=["message", "channel", "address"], name="conversations_delivery_once"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(leased_until__isnull=False, claim__isnull=False),
                name="conversations_sending_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], name="delivery_due", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="delivery_leased", condition=Q(state="sending")),
            models.Index(fields=["channel", "external_id"], name="delivery_by_external", condition=~Q(external_id="")),
            models.Index(fields=["identity", "-id"], name="delivery_by_identity"),
            models.Index(
                fields=["channel", "sent_at"],
                name="delivery_unread",
                condition=Q(state__in=["sent", "delivered"], is_followed_up=False),
            ),
            models.Index(fields=["channel", "created_at"], name="delivery_troubled", condition=~Q(trouble="")),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.state}"

    @property
    def needs_attention(self) -> bool:
        return self.state in self.NEEDS_ATTENTION and not self.is_settled_by_agent


class DeliveryPart(models.Model):
    """One of the provider's messages in which a long reply went out; those before the last, which the delivery names."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="parts", verbose_name=_("delivery"))
    number = models.PositiveSmallIntegerField(_("number"))
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", verbose_name=_("channel"))
    external_id = models.CharField(_("id at the provider"), max_length=255, blank=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="conversations_part_once")]
        indexes = [
            models.Index(fields=["channel", "external_id"], name="part_by_external", condition=~Q(external_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.number}"


class Orphan(models.Model):
    """News of a message that came before it: a receipt, an edit, a reaction; joined when the message is stored."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255)
    update_data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["channel", "external_id"], name="orphan_by_external")]

    def __str__(self) -> str:
        return self.external_id
