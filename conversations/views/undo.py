"""Taking back what was just decided."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.models import User
from conversations.actions.undoing import undo
from conversations.models import Conversation, Operation
from conversations.refusal import Refused
from conversations.views.answers import REFUSED, toast
from conversations.views.rows import ids


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Undo the agent's own `operations`, last first."""
    agent = request.user
    assert isinstance(agent, User)
    seen = Conversation.objects.visible_to(agent)
    asked = Operation.objects.filter(pk__in=ids(request.POST.get("operations", "")), by=agent)
    operations = list(asked.order_by("-pk"))
    undone = [one for one in operations if _undo(one, agent)]
    if not undone:
        return toast(request, _("This can no longer be undone."), status=REFUSED)
    still_seen = seen.filter(pk__in={one.conversation_id for one in undone})
    return toast(request, _("Undone"), done=list(still_seen.values_list("pk", flat=True)))


def _undo(operation: Operation, agent: User) -> bool:
    """Whether there was still something to take back."""
    try:
        return len(undo(operation, by=agent)) < len(operation.changes)
    except Refused:
        return False
