"""Messages, their files and what search reads of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel, Envelope
from customers.models import Identity

if TYPE_CHECKING:
    from conversations.models.conversation import Conversation


class MessageQuerySet(models.QuerySet["Message"]):
    """Reusable reads of messages."""

    def public(self) -> MessageQuerySet:
        """What the customer may see."""
        return self.exclude(kind=Message.Kind.NOTE)

    def in_order(self) -> MessageQuerySet:
        """By the time they were sent, never by arrival."""
        return self.order_by("sent_at", "id")

    def changed_since(self, revision: int) -> MessageQuerySet:
        return self.filter(revision__gt=revision)

    def for_thread(self) -> MessageQuerySet:
        """With everything that a thread shows of each."""
        return self.select_related("channel", "identity", "author").prefetch_related("attachments", "deliveries")


class Message(models.Model):
    """One thing said in a conversation: by the customer, by an agent, or among agents."""

    class Kind(models.TextChoices):
        INBOUND = "inbound", _("From the customer")
        OUTBOUND = "outbound", _("To the customer")
        NOTE = "note", _("Internal note")

    class Placement(models.TextChoices):
        """The rule that placed the message in its conversation."""

        REPLY_TOKEN = "reply_token", _("The reply address belongs to this conversation")
        REFERENCE = "reference", _("It answers a message of this conversation")
        THREAD = "thread", _("The provider's thread is the same")
        QUOTED = "quoted", _("It quotes a message of this conversation")
        OPEN = "open", _("The customer's conversation was open")
        REOPENED = "reopened", _("The customer's last conversation was resolved only recently")
        NEW = "new", _("Nothing was open: a new conversation")
        NEW_SUBJECT = "new_subject", _("A new subject without reference: a new conversation")
        PUBLIC = "public", _("Said in public: a conversation of its own")
        SUSPECT = "suspect", _("The sender could not be verified: kept apart")
        AGENT = "agent", _("Written here by an agent")
        MOVED = "moved", _("Moved here by an agent")

    conversation: models.ForeignKey[Conversation] = models.ForeignKey(
        "conversations.Conversation", models.PROTECT, related_name="messages", verbose_name=_("conversation")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="messages", verbose_name=_("channel")
    )
    identity = models.ForeignKey(
        Identity, models.PROTECT, null=True, blank=True, related_name="messages", verbose_name=_("identity")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("author"),
    )
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    quoted_text = models.TextField(_("quoted text"), blank=True)
    html = models.TextField(_("HTML"), blank=True, help_text=_("Sanitised"))
    quoted_html = models.TextField(_("quoted HTML"), blank=True, help_text=_("Sanitised"))
    external_id = models.CharField(_("id at the provider"), max_length=255, blank=True)
    thread_id = models.CharField(_("thread at the provider"), max_length=255, blank=True)
    client_id = models.UUIDField(_("id made by the sender's browser"), null=True, blank=True, unique=True)
    envelope = models.ForeignKey(
        Envelope, models.PROTECT, null=True, blank=True, related_name="messages", verbose_name=_("envelope")
    )
    in_reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    placement = models.CharField(_("why it is here"), max_length=12, choices=Placement, default=Placement.AGENT)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    is_automatic = models.BooleanField(_("automatic"), default=False)
    is_public = models.BooleanField(_("everybody can read it"), default=False, db_default=False)
    notices = models.JSONField(_("notices"), default=list, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    revision = models.PositiveBigIntegerField(_("revision"), default=0, editable=False)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    created_at = models.DateTimeField(_("stored"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="conversations_message_once"
            ),
            # Target of the composite foreign key by which the database keeps notes from ever being delivered.
            models.UniqueConstraint(fields=["id", "kind"], name="conversations_message_id_kind"),
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(channel=None, identity=None), name="conversations_note_has_no_channel"
            ),
            models.CheckConstraint(
                condition=~Q(kind="inbound") | Q(channel__isnull=False, identity__isnull=False, author=None),
                name="conversations_inbound_has_a_sender",
            ),
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(author__isnull=False), name="conversations_note_has_an_author"
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "sent_at", "id"], name="message_in_order"),
            models.Index(fields=["conversation", "revision"], name="message_by_revision"),
            models.Index(fields=["channel", "thread_id"], name="message_by_thread", condition=~Q(thread_id="")),
            models.Index(fields=["identity", "-sent_at"], name="message_by_identity"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


def attachment_path(attachment: Attachment, filename: str) -> str:
    """An unguessable place in the storage; the customer's file name never becomes a path."""
    return f"attachments/{attachment.key.hex[:2]}/{attachment.key.hex}"


class Attachment(models.Model):
    """A file that came with a message, goes out with one, or waits in a composer for one."""

    class Role(models.TextChoices):
        FILE = "", _("File")
        VOICE = "voice", _("Voice message")
        STICKER = "sticker", _("Sticker")
        STORY = "story", _("Story")
        RECORDING = "recording", _("Recording")

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments", verbose_name=_("message")
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_via = models.ForeignKey(Identity, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(_("content type"), max_length=160)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    file = models.FileField(_("file"), upload_to=attachment_path, blank=True)
    remote_url = models.URLField(_("fetched from"), max_length=2000, blank=True)
    content_id = models.CharField(_("content id"), max_length=255, blank=True)
    is_inline = models.BooleanField(_("inline"), default=False)
    role = models.CharField(_("role"), max_length=12, choices=Role, blank=True, default=Role.FILE, db_default="")
    seconds = models.PositiveIntegerField(_("length in seconds"), default=0, db_default=0)
    # Where its bytes still have to be fetched from, until they are here or given up.
    reference = models.CharField(_("handle at the provider"), max_length=1000, blank=True, default="", db_default="")
    fetch_at = models.DateTimeField(_("fetch at"), null=True, blank=True)
    fetch_attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    fetch_error = models.CharField(_("could not be fetched"), max_length=300, blank=True, default="", db_default="")
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        indexes = [models.Index(fields=["fetch_at"], name="attachment_to_fetch", condition=Q(fetch_at__isnull=False))]

    def __str__(self) -> str:
        return self.name

    @property
    def is_here(self) -> bool:
        """Whether there are bytes to show."""
        return bool(self.file)

    @property
    def is_image(self) -> bool:
        """Whether browsers show it as a picture without running anything (SVG is not one)."""
        return self.content_type in {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}


class MessageIndex(models.Model):
    """What search reads of a message: word tokens, and bigrams for Korean, Japanese and Chinese."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="index")
    conversation: models.ForeignKey[Conversation] = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, related_name="+"
    )
    sent_at = models.DateTimeField()
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="message_search")]

    def __str__(self) -> str:
        return str(self.pk)
