"""Delivery plans of the teams: what follows by which channel when a reply stays unread."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.requests import AgentRequest
from conversations.forms.ladder import LadderForm, Steps, readable_by, writable_by
from conversations.models import Ladder


@require_GET
def index(request: AgentRequest) -> HttpResponse:
    """Those the agent can use."""
    found = readable_by(request.user).select_related("team").prefetch_related("steps__channel")
    writable = set(writable_by(request.user).values_list("pk", flat=True))
    return render(request, "ladders/list.html", {"ladders": found, "writable": writable})


@require_http_methods(["GET", "POST"])
def create(request: AgentRequest) -> HttpResponse:
    """A new one."""
    return _written(request, Ladder())


@require_http_methods(["GET", "POST"])
def edit(request: AgentRequest, pk: int) -> HttpResponse:
    """Change one of the agent's own teams."""
    return _written(request, get_object_or_404(writable_by(request.user), pk=pk))


def _written(request: AgentRequest, ladder: Ladder) -> HttpResponse:
    form = LadderForm(request.POST or None, instance=ladder, agent=request.user)
    steps = Steps(request.POST or None, instance=ladder)
    if request.method == "POST" and form.is_valid() and steps.is_valid():
        with transaction.atomic():
            steps.instance = form.save()
            steps.save()
        messages.success(request, _("The delivery plan is kept."))
        return redirect("conversations:ladders_list")
    has_errors = bool(form.errors or (steps.is_bound and not steps.is_valid()))
    return render(request, "ladders/edit.html", {"form": form, "steps": steps}, status=422 if has_errors else 200)


@require_POST
def delete(request: AgentRequest, pk: int) -> HttpResponse:
    """Throw one away; replies that have it already keep their own rungs."""
    get_object_or_404(writable_by(request.user), pk=pk).delete()
    messages.success(request, _("The delivery plan is gone."))
    return redirect("conversations:ladders_list")
