"""When one may write to a customer, by which plan, and what was agreed."""

from __future__ import annotations

from django.contrib import admin

from channels_app.models import Template
from conversations.admin.readonly import ReadOnly
from conversations.models import Ladder, LadderStep, ReplyWindow, Rung


@admin.register(ReplyWindow)
class ReplyWindowAdmin(ReadOnly):
    """What a customer's doings let us do on channels that limit answers."""

    list_display = ["identity", "channel", "acted_at", "closes_at", "ended_at", "sent_since"]
    list_filter = ["channel"]
    list_select_related = ["identity", "channel"]
    search_fields = ["identity__value", "identity__name"]
    ordering = ["-acted_at"]
    # What a provider gave us to answer with is a credential.
    exclude = ["handles"]


class LadderStepInline(admin.TabularInline):
    """The channels of a plan, in order."""

    model = LadderStep
    extra = 0


@admin.register(Ladder)
class LadderAdmin(admin.ModelAdmin):
    """What follows when a reply stays unread."""

    list_display = ["name", "team", "is_default"]
    list_filter = ["team", "is_default"]
    list_select_related = ["team"]
    search_fields = ["name"]
    inlines = [LadderStepInline]


@admin.register(Rung)
class RungAdmin(ReadOnly):
    """Which replies go on by another channel, and what became of that."""

    list_display = ["message", "number", "channel", "identity", "after_minutes", "state", "why", "look_at"]
    list_filter = ["state", "channel"]
    list_select_related = ["message", "channel", "identity"]
    search_fields = ["=message__id", "identity__value"]
    ordering = ["-id"]


@admin.register(Template)
class TemplateAdmin(ReadOnly):
    """Texts that providers have approved."""

    list_display = ["name", "language", "channel", "category", "is_approved", "synced_at"]
    list_filter = ["channel", "is_approved", "language"]
    list_select_related = ["channel"]
    search_fields = ["name", "body"]
