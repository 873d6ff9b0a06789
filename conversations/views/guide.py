"""The first steps of a new desk."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.requests import AgentRequest
from conversations import guide


@require_safe
def show(request: AgentRequest) -> HttpResponse:
    """What is left to do, for admins."""
    if not request.user.is_admin:
        raise PermissionDenied
    steps = guide.steps(request.user)
    left = [step for step in steps if not step.is_done]
    context = {"steps": steps, "next": left[0] if left else None, "done": len(steps) - len(left), "total": len(steps)}
    return render(request, "agents/guide.html", context)
