"""Saved replies: the list, writing one, seeing what it will say."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.models import User
from agents.requests import AgentRequest
from conversations.forms.saved_reply import SAMPLE, SavedReplyForm, readable_by, writable_by
from conversations.models import SavedReply
from conversations.views.suggestions import filled

MOST = 400


@require_GET
def index(request: AgentRequest) -> HttpResponse:
    """Those the agent can use; a part of title, shortcut or text narrows them down."""
    text = request.GET.get("q", "").strip()[:120]
    found = readable_by(request.user).select_related("team")
    if text:
        found = found.filter(Q(title__icontains=text) | Q(shortcut__icontains=text) | Q(body__icontains=text))
    context = {
        "replies": found[:MOST],
        "q": text,
        "writable": set(writable_by(request.user).values_list("pk", flat=True)),
    }
    return render(request, "saved_replies/_rows.html" if request.htmx else "saved_replies/list.html", context)


@require_http_methods(["GET", "POST"])
def create(request: AgentRequest) -> HttpResponse:
    """A new one."""
    return _written(request, SavedReply())


@require_http_methods(["GET", "POST"])
def edit(request: AgentRequest, pk: int) -> HttpResponse:
    """Change one of the agent's own teams."""
    return _written(request, get_object_or_404(writable_by(request.user), pk=pk))


def _written(request: AgentRequest, reply: SavedReply) -> HttpResponse:
    form = SavedReplyForm(request.POST or None, instance=reply, agent=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The saved reply is kept."))
        return redirect("conversations:replies_list")
    body = form["body"].value() or ""
    context = {"form": form, "preview": _preview(body, request.user), "variables": SAMPLE}
    return render(request, "saved_replies/edit.html", context, status=422 if form.errors else 200)


@require_POST
def preview(request: AgentRequest) -> HttpResponse:
    """What the text would say to a customer."""
    shown = _preview(request.POST.get("body", "")[:20_000], request.user)
    return render(request, "saved_replies/_preview.html", {"preview": shown})


def _preview(body: str, agent: User) -> str:
    return filled(body, {name: str(value) for name, value in SAMPLE.items()} | {"agent.name": agent.name})


@require_POST
def delete(request: AgentRequest, pk: int) -> HttpResponse:
    """Throw one away."""
    get_object_or_404(writable_by(request.user), pk=pk).delete()
    messages.success(request, _("The saved reply is gone."))
    return redirect("conversations:replies_list")
