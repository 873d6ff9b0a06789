"""Who is behind a browser that chats."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.readonly import ReadOnly
from conversations.models import Visitor


@admin.register(Visitor)
class VisitorAdmin(ReadOnly):
    """Browsers and known persons on host sites; the tokens themselves are not kept."""

    list_display = ["__str__", "channel", "origin", "subject", "identity", "language", "seen_at"]
    list_filter = ["channel", "origin", "language"]
    list_select_related = ["channel", "identity"]
    search_fields = ["name", "subject", "origin", "identity__value"]
    date_hierarchy = "seen_at"
