"""Approved texts in the composer: choosing one, filling in its blanks, seeing what it will say."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from channels_app.models import Template
from conversations import approved
from conversations.models import Conversation
from conversations.reach import Route, routes_of
from conversations.views.pane import conversation_for


@dataclass(frozen=True)
class Blank:
    """One blank of a text: the field that fills it, and what stands in it."""

    name: str
    value: str

    @property
    def field(self) -> str:
        return f"{approved.PREFIX}{self.name}"


@require_GET
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The texts of one channel, the chosen one with its blanks; 204 where the channel has none."""
    conversation = conversation_for(request, pk)
    way = _way(conversation, request.GET.get("by", ""))
    offered = approved.offered(way.channel) if way else Template.objects.none()
    if not offered:
        return HttpResponse(status=204)
    chosen = _chosen(offered, request.GET.get("template", ""), conversation)
    blanks = [Blank(name, _value(request, name, conversation)) for name in chosen.parameters]
    context = {
        "conversation": conversation,
        "route": way,
        "templates": offered,
        "chosen": chosen,
        "blanks": blanks,
        "text": approved.filled(chosen, {one.name: one.value for one in blanks}),
    }
    part = "_approved_text" if "text" in request.GET else "_approved"
    return render(request, f"composer/{part}.html", context)


def _way(conversation: Conversation, key: str) -> Route | None:
    return next((way for way in routes_of(conversation) if way.key == key and way.can_use_template), None)


def _chosen(offered: QuerySet[Template], number: str, conversation: Conversation) -> Template:
    """The one that was asked for, else one in the customer's language, else the first."""
    asked = {str(one.pk): one for one in offered}.get(number)
    language = conversation.customer.language[:2]
    return asked or next((one for one in offered if one.language[:2] == language), offered[0])


def _value(request: HttpRequest, name: str, conversation: Conversation) -> str:
    """What was entered; at first the customer's name where the blank asks for one."""
    given = request.GET.get(f"{approved.PREFIX}{name}")
    return given if given is not None else conversation.customer.name if "name" in name.lower() else ""
