"""What concerns one agent and is told at once, wherever the agent is: that a colleague named them."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.models import Conversation, Mention

# An older mention is found in its view; telling of it now would only startle.
NEWS = timedelta(minutes=10)
MOST = 3


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Who named this agent of late where it has not been read yet; the page shows each once."""
    agent = request.user
    assert isinstance(agent, User)
    fresh = Mention.objects.filter(agent=agent, read_at=None, message__created_at__gte=timezone.now() - NEWS)
    seen = fresh.filter(message__conversation__in=Conversation.objects.visible_to(agent))
    named = seen.select_related("message__author", "message__conversation__customer").order_by("-pk")[:MOST]
    return render(request, "inbox/_notices.html", {"messages": [one.message for one in named]})
