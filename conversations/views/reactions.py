"""The desk's emoji on a customer's message."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from conversations.actions import reacting
from conversations.refusal import Refused
from conversations.views.messages import message_for
from conversations.views.pane import agent_of


@require_POST
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it there, in the place of the one before; blank takes it away. The thread pulls what it has become."""
    try:
        reacting.react(message_for(request, pk), emoji=request.POST.get("emoji", "")[:40], by=agent_of(request))
    except Refused as refused:
        return render(request, "composer/_errors.html", {"reasons": [refused.reason]}, status=422)
    return HttpResponse(status=204)
