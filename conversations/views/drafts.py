"""What an agent has begun to write, kept while they write; and what a channel would make of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from conversations.actions.drafts import save_draft
from conversations.actions.placing import intake_of
from conversations.forms.writing import DraftForm, reply_form
from conversations.models import Draft
from conversations.reach import Route
from conversations.views.pane import agent_of, conversation_for


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a draft: its version; 409 with the kept one where another device has written a newer."""
    conversation = conversation_for(request, pk)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    given = form.cleaned_data
    kept = save_draft(
        conversation,
        agent=agent_of(request),
        kind=given["kind"],
        text=given["text"],
        version=given["version"] or 0,
        fields=given["fields_json"],
    )
    return _answer(kept, given["text"])


def _answer(kept: Draft | None, text: str) -> HttpResponse:
    if kept is None:
        return JsonResponse({"version": 0})
    if kept.text != text:
        return JsonResponse({"version": kept.version, "text": kept.text, "fields": kept.fields}, status=409)
    return JsonResponse({"version": kept.version})


@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the chosen channel will really send of the text."""
    conversation = conversation_for(request, pk)
    form = reply_form(conversation, agent_of(request), request.POST)
    form.is_valid()
    route = form.cleaned_data.get("route")
    if route is None:
        return render(request, "composer/_errors.html", {"reasons": form.errors.get("route", [])}, status=422)
    text, html = route.channel.connector.render(form.cleaned_data.get("text", ""))
    context = {"route": route, "text": text, "html": html, "signature": _signature(request, route)}
    return render(request, "composer/_preview.html", context)


def _signature(request: HttpRequest, route: Route) -> str:
    """What stands under a letter: the agent's own, else the channel's."""
    if not route.capabilities.has_subject:
        return ""
    return agent_of(request).signature or intake_of(route.channel).signature
