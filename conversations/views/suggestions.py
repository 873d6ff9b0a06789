"""What the composer offers while an agent types: saved replies after `/`, colleagues after `@`."""

from __future__ import annotations

import re

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agents.models import User
from conversations.models import Conversation, SavedReply
from conversations.views.pane import agent_of, conversation_for

VARIABLE = re.compile(r"\{\{\s*([a-z_.]+)\s*\}\}")
MOST = 400


@require_GET
def saved_replies(request: HttpRequest, pk: int) -> JsonResponse:
    """The saved replies of the agent's teams and of all, with their variables filled in for this conversation."""
    conversation = conversation_for(request, pk)
    teams = list(agent_of(request).teams.values_list("pk", flat=True))
    found = SavedReply.objects.filter(Q(team=None) | Q(team__in=[*teams, conversation.team_id]))
    values = variables(conversation, agent_of(request))
    replies = [_reply(reply, values) for reply in found[:MOST]]
    replies.sort(key=lambda reply: reply["language"] not in ("", conversation.customer.language))
    return JsonResponse({"items": replies})


def _reply(saved: SavedReply, values: dict[str, str]) -> dict[str, object]:
    text = filled(saved.body, values)
    return {
        "id": saved.pk,
        "title": saved.title,
        "shortcut": saved.shortcut,
        "language": saved.language,
        "text": text,
        "is_incomplete": bool(VARIABLE.search(text)),
    }


def variables(conversation: Conversation, agent: User) -> dict[str, str]:
    """What the variables of saved replies stand for."""
    customer = conversation.customer
    return {
        "customer.name": customer.name or _("Customer"),
        "customer.first_name": customer.name.split(" ")[0] if customer.name else _("Customer"),
        "agent.name": agent.name,
        "conversation.id": str(conversation.pk),
        "conversation.subject": conversation.subject,
        "team.name": conversation.team.name if conversation.team else "",
    }


def filled(text: str, values: dict[str, str]) -> str:
    """A text with its variables replaced; one that nobody knows stays, so that the agent sees it."""
    return VARIABLE.sub(lambda match: values.get(match[1]) or match[0], text)


@require_GET
def colleagues(request: HttpRequest) -> JsonResponse:
    """Agents who can be named in a note."""
    found = User.objects.answering().exclude(pk=agent_of(request).pk).values("pk", "name", "email")[:MOST]
    return JsonResponse({"items": [{"id": one["pk"], "title": one["name"], "shortcut": one["email"]} for one in found]})
