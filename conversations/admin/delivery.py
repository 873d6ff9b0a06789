"""The delivery ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agents.requests import AgentRequest
from conversations.actions.delivery import retry, set_aside
from conversations.admin.readonly import ReadOnly
from conversations.models import Delivery
from conversations.refusal import Refused

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


class Attention(admin.SimpleListFilter):
    """What a customer did not get."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str | LazyText]]:
        return [("yes", _("Needs attention"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.failed() if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What was sent to whom and what became of it."""

    list_display = ["id", "address", "role", "channel", "state", "code", "advice", "attempts", "not_before", "sent_at"]
    list_filter = [Attention, "state", "channel", "role"]
    list_select_related = ["channel"]
    search_fields = ["=id", "address", "=external_id"]
    ordering = ["-id"]
    actions = ["send_again", "dealt_with"]

    @admin.action(description=_("Send again"), permissions=["view"])
    def send_again(self, request: AgentRequest, queryset: QuerySet[Delivery]) -> None:
        sent = 0
        for delivery in queryset.select_related("message"):
            try:
                retry(delivery, by=request.user)
                sent += 1
            except Refused as refusal:
                messages.warning(request, f"#{delivery.pk}: {refusal.reason}")
        messages.info(request, ngettext("%d is being sent again.", "%d are being sent again.", sent) % sent)

    @admin.action(description=_("Dealt with"), permissions=["view"])
    def dealt_with(self, request: AgentRequest, queryset: QuerySet[Delivery]) -> None:
        for delivery in queryset.select_related("message"):
            set_aside(delivery, by=request.user)
