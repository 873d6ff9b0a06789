"""Channels and the vault of what came in; here, and not with the channels, because replay places messages."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from channels_app.models import Channel, Envelope
from conversations.actions.inbound import open_envelope
from conversations.admin.readonly import ReadOnly

# An admin reads the beginning; the whole is for `download` on the agents' screens.
SHOWN_BYTES = 20_000


@admin.register(Envelope)
class EnvelopeAdmin(ReadOnly):
    """The vault: replay what failed once its cause is mended."""

    list_display = ["id", "channel", "state", "attempts", "received_at", "processed_at", "next_attempt_at", "last_line"]
    list_filter = ["state", "channel", "content_type"]
    list_select_related = ["channel"]
    search_fields = ["=id", "=dedup_key"]
    ordering = ["-id"]
    exclude = ["body"]
    readonly_fields = ["beginning"]
    actions = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Envelope]:
        return super().get_queryset(request).defer("body")

    @admin.display(description=_("error"))
    def last_line(self, envelope: Envelope) -> str:
        return envelope.error.strip().rpartition("\n")[2][:120]

    @admin.display(description=_("beginning of the body"))
    def beginning(self, envelope: Envelope) -> str:
        return format_html("<pre>{}</pre>", bytes(envelope.body[:SHOWN_BYTES]).decode("utf-8", "replace"))

    @admin.action(description=_("Replay"), permissions=["view"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Envelope]) -> None:
        done = sum(
            open_envelope(envelope) for envelope in queryset.select_related("channel__intake").order_by("received_at")
        )
        messages.info(request, ngettext("%d was understood.", "%d were understood.", done) % done)
        if failed := queryset.count() - done:
            messages.warning(request, ngettext("%d failed again.", "%d failed again.", failed) % failed)


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    """The accounts by which customers reach us; secrets are entered in settings and never shown."""

    list_display = [
        "name",
        "kind",
        "is_enabled",
        "how_it_is",
        "waiting",
        "last_received_at",
        "last_sent_at",
        "last_error",
    ]
    list_filter = ["kind", "state", "is_enabled"]
    search_fields = ["name"]
    fields = ["name", "kind", "is_enabled", "state", "token", "key", "last_received_at", "last_sent_at"]
    readonly_fields = [
        "kind",
        "state",
        "token",
        "key",
        "last_received_at",
        "last_sent_at",
        "last_error",
        "last_error_at",
    ]

    @admin.display(description=_("state"))
    def how_it_is(self, channel: Channel) -> str:
        """The state, late where nobody reads the account any more, with how far behind it is."""
        try:
            health, lag = Channel.State(channel.health).label, channel.lag
        except KeyError:  # a kind that nobody speaks any more
            return str(channel.get_state_display())
        return f"{health} ({str(lag).partition('.')[0]})" if lag else str(health)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
