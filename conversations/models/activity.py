"""What happened, who follows, who has read what, and how to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from conversations.models.conversation import Conversation


def _conversation(related_name: str) -> models.ForeignKey[Conversation]:
    return models.ForeignKey(
        "conversations.Conversation", models.CASCADE, related_name=related_name, verbose_name=_("conversation")
    )


def _agent(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name=related_name, verbose_name=_("agent")
    )


class Event(models.Model):
    """One change that a person would want to know of, written in the transaction of the change."""

    class Kind(models.TextChoices):
        CREATED = "created", _("started")
        RECEIVED = "received", _("received")
        REPLIED = "replied", _("replied")
        NOTED = "noted", _("note added")
        ASSIGNED = "assigned", _("assigned")
        TEAM_CHANGED = "team_changed", _("team changed")
        PRIORITY_CHANGED = "priority_changed", _("priority changed")
        TAGGED = "tagged", _("tagged")
        UNTAGGED = "untagged", _("untagged")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("reopened")
        PENDING = "pending", _("set to pending")
        SNOOZED = "snoozed", _("snoozed")
        WOKE = "woke", _("back from snooze")
        RENAMED = "renamed", _("subject changed")
        MESSAGE_MOVED = "message_moved", _("message moved")
        MERGED = "merged", _("merged")
        CUSTOMER_MERGED = "customer_merged", _("customer merged")
        UNDONE = "undone", _("undone")
        SEND_FAILED = "send_failed", _("not delivered")
        SEND_CANCELLED = "send_cancelled", _("sending cancelled")
        SENT_ON = "sent_on", _("sent on by another channel")
        SUGGESTED = "suggested", _("suggestion")
        REVEALED = "revealed", _("address revealed")
        OPTED_OUT = "opted_out", _("messages refused")
        OPTED_IN = "opted_in", _("messages allowed")

    # Shown in the thread; the others are in the audit trail only.
    IN_THREAD: ClassVar[frozenset[str]] = frozenset(Kind.values) - {
        Kind.RECEIVED,
        Kind.REPLIED,
        Kind.NOTED,
        Kind.REVEALED,
    }

    conversation = _conversation("events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    message = models.ForeignKey(
        "conversations.Message", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("message")
    )
    data = models.JSONField(_("data"), default=dict, blank=True)
    revision = models.PositiveBigIntegerField(_("revision"))
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["conversation", "revision"], name="event_by_revision"),
            models.Index(fields=["kind", "created_at"], name="event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"


class Follow(models.Model):
    """That an agent wants to hear of a conversation."""

    conversation = _conversation("follows")
    agent = _agent("follows")

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        constraints = [models.UniqueConstraint(fields=["conversation", "agent"], name="conversations_follow_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} → {self.conversation_id}"


class Mention(models.Model):
    """That a note named an agent."""

    message = models.ForeignKey(
        "conversations.Message", models.CASCADE, related_name="mentions", verbose_name=_("message")
    )
    agent = _agent("mentions")
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["message", "agent"], name="conversations_mention_once")]
        indexes = [models.Index(fields=["agent"], name="mention_unread", condition=models.Q(read_at=None))]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.message_id}"


class ReadMark(models.Model):
    """Up to which revision an agent has seen a conversation."""

    conversation = _conversation("read_marks")
    agent = _agent("read_marks")
    revision = models.PositiveBigIntegerField(_("revision"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "conversation"], name="conversations_read_mark_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.conversation_id}@{self.revision}"


class Draft(models.Model):
    """What an agent has begun to write."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    conversation = _conversation("drafts")
    agent = _agent("drafts")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    text = models.TextField(_("text"))
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(fields=["agent", "conversation", "kind"], name="conversations_draft_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"


class Operation(models.Model):
    """The journal of what can be undone: each row it touched, with the values before and after."""

    class Kind(models.TextChoices):
        MOVE_MESSAGE = "move_message", _("Move message")
        MERGE_CONVERSATIONS = "merge_conversations", _("Merge conversations")
        MERGE_CUSTOMERS = "merge_customers", _("Merge customers")
        CHANGE = "change", _("Change")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    conversation = _conversation("operations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    changes = models.JSONField(_("changes"), default=list)
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        indexes = [models.Index(fields=["conversation", "-id"], name="operation_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"
