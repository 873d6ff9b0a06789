"""The log of calls."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.readonly import ReadOnly
from conversations.models import Call


@admin.register(Call)
class CallAdmin(ReadOnly):
    """Who called whom, how long, and what came of it."""

    list_display = [
        "id",
        "number",
        "direction",
        "medium",
        "state",
        "outcome",
        "agent",
        "channel",
        "started_at",
        "callback_at",
    ]
    list_filter = ["direction", "medium", "state", "outcome", "channel"]
    list_select_related = ["agent", "channel"]
    search_fields = ["=id", "number", "=external_id"]
    ordering = ["-id"]
