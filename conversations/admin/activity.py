"""The audit trail."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.readonly import ReadOnly
from conversations.models import Event, Operation


@admin.register(Event)
class EventAdmin(ReadOnly):
    """Everything that happened, by whom and when."""

    list_display = ["id", "created_at", "kind", "conversation_id", "actor", "data"]
    list_filter = ["kind", "actor"]
    list_select_related = ["actor"]
    search_fields = ["=conversation__id"]
    ordering = ["-id"]
    date_hierarchy = "created_at"


@admin.register(Operation)
class OperationAdmin(ReadOnly):
    """What can be undone, and what was."""

    list_display = ["id", "created_at", "kind", "conversation_id", "by", "undone_at", "undone_by"]
    list_filter = ["kind", ("undone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["by", "undone_by"]
    ordering = ["-id"]
