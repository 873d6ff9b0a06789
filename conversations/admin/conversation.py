"""Conversations and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from conversations.admin.readonly import ReadOnly
from conversations.models import Conversation, Message, Tag

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


class Waiting(admin.SimpleListFilter):
    """Who waits, and for whom it is late."""

    title = _("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str | LazyText]]:
        return [("yes", _("The customer waits")), ("late", _("Late")), ("undelivered", _("Not delivered"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.filter(waiting_since__isnull=False)
            case "late":
                return queryset.overdue()
            case "undelivered":
                return queryset.filter(undelivered__gt=0)
        return queryset


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    """What waits, what is late and why; work is done on the agents' screens."""

    list_display = [
        "id",
        "subject",
        "customer",
        "status",
        "priority",
        "team",
        "assignee",
        "last_channel",
        "waiting_since",
        "due_at",
        "open_in_desk",
    ]
    list_display_links = ["id", "subject"]
    list_filter = [Waiting, "status", "priority", "team", "assignee", "last_channel"]
    list_select_related = ["customer", "team", "assignee", "last_channel"]
    search_fields = ["=id", "subject", "customer__name"]
    ordering = ["-active_at", "-id"]

    @admin.display(description=_("desk"))
    def open_in_desk(self, conversation: Conversation) -> str:
        address = reverse("conversations:conversation", args=[conversation.pk])
        return format_html('<a href="{}">{}</a>', address, _("Open"))


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """Every message with the rule and the evidence that placed it."""

    list_display = ["id", "kind", "conversation_id", "channel", "identity", "author", "placement", "sent_at"]
    list_filter = ["kind", "placement", "is_automatic", "channel"]
    list_select_related = ["channel", "identity", "author"]
    search_fields = ["=id", "=external_id"]
    ordering = ["-id"]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    """The words that agents put on conversations."""

    list_display = ["name", "colour"]
    search_fields = ["name"]
