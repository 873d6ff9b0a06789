"""What concerns one agent and is told at once, wherever the agent is: that a colleague named them, that a channel stopped."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import User
from channels_app.models import Channel
from conversations.models import Conversation, Mention

# An older mention is found in its view; telling of it now would only startle.
NEWS = timedelta(minutes=10)
MOST = 3


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Who named this agent of late where it has not been read yet, and to admins, what no longer sends; each once."""
    agent = request.user
    assert isinstance(agent, User)
    fresh = Mention.objects.filter(agent=agent, read_at=None, message__created_at__gte=timezone.now() - NEWS)
    seen = fresh.filter(message__conversation__in=Conversation.objects.visible_to(agent))
    named = seen.select_related("message__author", "message__conversation__customer").order_by("-pk")[:MOST]
    context = {"messages": [one.message for one in named], "paused": _paused() if agent.is_admin else []}
    return render(request, "inbox/_notices.html", context)


def _paused() -> QuerySet[Channel]:
    """Channels that send nothing until an admin lets them in again: told of once in each tab for as long as it lasts."""
    return Channel.objects.enabled().filter(state=Channel.State.PAUSED).order_by("pk")
