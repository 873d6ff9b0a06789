"""What follows when a reply stays unread: choosing it for one reply, taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations.actions import laddering
from conversations.forms.ladder import WAITS, readable_by
from conversations.models import Conversation, Ladder, Message
from conversations.reach import routes_of
from conversations.views.pane import agent_of, conversation_for


@dataclass(frozen=True)
class Offer:
    """A preset as it is for this customer: its steps in order."""

    ladder: Ladder
    steps: list[laddering.Step]


@require_GET
@never_cache
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """The plans that a reply can have here; 204 where there is no second way to the customer."""
    conversation = conversation_for(request, pk)
    ways = routes_of(conversation)
    usable = [way for way in ways if way.is_usable]
    if len(usable) < 2:
        return HttpResponse(status=204)
    presets = readable_by(agent_of(request)).prefetch_related("steps")
    offers = [Offer(one, steps) for one in presets if (steps := laddering.steps_of(one, ways, usable[0]))]
    context = {"offers": offers, "default": _default(offers, conversation), "ways": usable, "waits": WAITS}
    return render(request, "composer/_plan.html", {**context, "conversation": conversation})


def _default(offers: list[Offer], conversation: Conversation) -> int | None:
    """The plan that every reply of the team has; that for everybody where the team has none."""
    known = {one.ladder.team_id: one.ladder.pk for one in offers if one.ladder.is_default}
    return known.get(conversation.team_id, known.get(None))


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Send nothing more after this reply."""
    seen = Conversation.objects.visible_to(agent_of(request))
    message = get_object_or_404(Message.objects.filter(conversation__in=seen), pk=pk)
    laddering.stop(message, by=agent_of(request))
    return HttpResponse(status=204)
