"""What the desk has decided."""

from __future__ import annotations

from django.contrib import admin

from conversations.models import Intake, SavedReply


@admin.register(Intake)
class IntakeAdmin(admin.ModelAdmin):
    """Where a channel's messages go, and how soon they are answered."""

    list_display = ["channel", "team", "reopen_days", "reply_within_minutes"]
    list_select_related = ["channel", "team"]


@admin.register(SavedReply)
class SavedReplyAdmin(admin.ModelAdmin):
    """Answers kept for re-use."""

    list_display = ["title", "shortcut", "language", "team"]
    list_filter = ["language", "team"]
    search_fields = ["title", "shortcut", "body"]
