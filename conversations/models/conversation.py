"""An episode of a customer's stream: it has a status and an owner and belongs to no channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Team, User
from channels_app.models import Channel
from conversations.models.activity import Follow
from customers.models import Customer

if TYPE_CHECKING:
    from conversations.models.message import Message


class Tag(models.Model):
    """A word that agents put on conversations."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    colour = models.PositiveSmallIntegerField(_("colour"), default=0)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Reusable reads; every look-up of an agent starts from `visible_to`."""

    def visible_to(self, agent: User) -> ConversationQuerySet:
        """What this agent may see: everything, their teams' and own, or only their own."""
        if agent.is_admin or agent.scope == User.Scope.ALL:
            return self
        own = Q(assignee=agent) | Exists(Follow.objects.filter(conversation=OuterRef("pk"), agent=agent))
        if agent.scope == User.Scope.MINE:
            return self.filter(own)
        return self.filter(own | Q(team__in=Team.objects.filter(members=agent)))

    def shares_of(self, agent: User, teams: Iterable[int]) -> Sequence[ConversationQuerySet]:
        """What `visible_to` gives, in parts that overlap; each has an index of its own to be read in order by.

        `teams` are the numbers of the agent's teams; they count only where the agent's scope is that.
        """
        if agent.is_admin or agent.scope == User.Scope.ALL:
            return [self]
        followed = Follow.objects.filter(agent=agent).values("conversation")
        shares = [self.filter(assignee=agent), self.filter(pk__in=followed)]
        return [*shares, *(self.filter(team=team) for team in teams if agent.scope == User.Scope.TEAMS)]

    def open(self) -> ConversationQuerySet:
        return self.filter(status=Conversation.Status.OPEN)

    def unresolved(self) -> ConversationQuerySet:
        return self.exclude(status=Conversation.Status.RESOLVED)

    def current(self) -> ConversationQuerySet:
        """Those that were not merged into another."""
        return self.filter(merged_into=None)

    def overdue(self) -> ConversationQuerySet:
        """Those in which an answer is late."""
        return self.filter(due_at__lt=timezone.now()).unresolved()

    def waking(self) -> ConversationQuerySet:
        """Snoozed ones whose time has come."""
        return self.filter(status=Conversation.Status.SNOOZED, snoozed_until__lte=timezone.now())

    def newest_first(self) -> ConversationQuerySet:
        return self.order_by("-active_at", "-id")

    def lock(self, pk: int) -> Conversation:
        """The conversation, locked until the transaction ends; raises DoesNotExist."""
        return self.select_for_update(of=("self",)).get(pk=pk)


class Conversation(models.Model):
    """One episode with one customer, on any mix of channels."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="conversations", verbose_name=_("customer"))
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="conversations", verbose_name=_("team")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("assignee"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="conversations", verbose_name=_("tags"))
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("merged into")
    )

    # What is said here, everybody can read (comments, mentions); what is private goes into an episode of its own.
    is_public = models.BooleanField(_("public"), default=False, db_default=False)

    # Raised under the row lock by every change, so that a cursor can never skip one.
    revision = models.PositiveBigIntegerField(_("revision"), default=0, editable=False)

    # What a row of the list shows, kept by `Message` being added so that a list needs no look at messages.
    active_at = models.DateTimeField(_("last activity"), default=timezone.now)
    preview = models.CharField(_("preview"), max_length=200, blank=True)
    preview_kind = models.CharField(_("preview kind"), max_length=10, blank=True)
    # What a message without words is: a code that each reader's language has a word for (lists/row_words.py).
    preview_of = models.CharField(_("preview of"), max_length=12, blank=True, default="", db_default="")
    preview_author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    last_channel = models.ForeignKey(
        Channel, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("last channel")
    )
    last_inbound_revision = models.PositiveBigIntegerField(default=0, editable=False)
    last_inbound_at = models.DateTimeField(_("customer last wrote"), null=True, blank=True)
    waiting_since = models.DateTimeField(_("customer waits since"), null=True, blank=True)
    due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    undelivered = models.PositiveIntegerField(_("undelivered"), default=0, editable=False)
    first_replied_at = models.DateTimeField(_("first replied"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_until__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_until=None)),
                name="conversations_snoozed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status="resolved", resolved_at__isnull=False)
                | (~Q(status="resolved") & Q(resolved_at=None)),
                name="conversations_resolved_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(status="resolved"), name="conversations_merged_is_resolved"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-active_at", "-id"], name="conv_by_status"),
            models.Index(fields=["assignee", "status", "-active_at", "-id"], name="conv_by_assignee"),
            models.Index(fields=["team", "status", "-active_at", "-id"], name="conv_by_team"),
            models.Index(fields=["last_channel", "status", "-active_at", "-id"], name="conv_by_channel"),
            models.Index(fields=["customer", "-active_at", "-id"], name="conv_by_customer"),
            models.Index(
                fields=["-active_at", "-id"], name="conv_unassigned", condition=Q(status="open", assignee=None)
            ),
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["-active_at", "-id"], name="conv_attention", condition=Q(undelivered__gt=0)),
            models.Index(fields=["due_at", "-id"], name="conv_due", condition=Q(status="open", due_at__isnull=False)),
            models.Index(fields=["customer"], name="conv_open_by_customer", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}".strip()

    @property
    def topic(self) -> str:
        return f"conversation-{self.pk}"

    @property
    def inbox_topics(self) -> list[str]:
        """The lists in which a change of this conversation can show."""
        topics = ["inbox-all"]
        if self.team_id:
            topics.append(f"inbox-team-{self.team_id}")
        if self.assignee_id:
            topics.append(f"inbox-agent-{self.assignee_id}")
        return topics

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and self.due_at < timezone.now()

    def bump(self) -> int:
        """Raise the revision; the caller holds the row lock and saves."""
        self.revision += 1
        return self.revision

    def customer_wrote(self, message: Message, *, answer_within: timedelta | None) -> None:
        """The customer wrote: the conversation is open and somebody waits."""
        self.last_inbound_revision = message.revision
        self.last_inbound_at = message.sent_at
        if self.waiting_since is None:
            self.waiting_since = message.sent_at
            self.due_at = message.sent_at + answer_within if answer_within else None

    def agent_replied(self, at: object) -> None:
        """Somebody answered: nobody waits any longer."""
        self.waiting_since = None
        self.due_at = None
        if self.first_replied_at is None:
            self.first_replied_at = timezone.now()

    def show_in_list(self, message: Message, what: str = "") -> None:
        """Let the list row show this newest message; `what` is shown where it has no words."""
        self.active_at = max(self.active_at, message.sent_at)
        self.preview = " ".join(message.text.split())[:200]
        self.preview_of = "" if self.preview else what
        self.preview_kind = message.kind
        self.preview_author_id = message.author_id
        if message.channel_id:
            self.last_channel_id = message.channel_id

    def set_status(self, status: str, *, until: object = None) -> None:
        """Change the status with the columns that the constraints tie to it."""
        self.status = status
        self.snoozed_until = until  # type: ignore[assignment]
        self.resolved_at = timezone.now() if status == self.Status.RESOLVED else None

    def raise_attention(self, by: int) -> None:
        """Count what the customer did not get."""
        Conversation.objects.filter(pk=self.pk).update(undelivered=F("undelivered") + by)
