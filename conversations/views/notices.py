"""What concerns one agent and is told at once, wherever the agent is: that a colleague named them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations.models import Conversation, Mention


@require_safe
@never_cache
def mention(request: HttpRequest, message: int) -> HttpResponse:
    """Who named this agent, and in which conversation."""
    found = Mention.objects.select_related("message__author", "message__conversation__customer")
    named = get_object_or_404(found, message=message, agent=request.user)
    seen = Conversation.objects.visible_to(request.user)  # type: ignore[arg-type]
    get_object_or_404(seen, pk=named.message.conversation_id)
    return render(request, "inbox/_notice.html", {"message": named.message, "conversation": named.message.conversation})
