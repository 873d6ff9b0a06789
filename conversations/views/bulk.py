"""One decision about several conversations at once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.models import User
from conversations.forms.state import DECISIONS
from conversations.models import Conversation
from conversations.views.answers import INVALID, answer, toast
from conversations.views.rows import ids


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Do `action` to the conversations `ids`; each succeeds or fails by itself."""
    assert isinstance(request.user, User)
    decision = DECISIONS.get(request.POST.get("action", ""))
    asked = ids(",".join(request.POST.getlist("ids")))
    conversations = list(Conversation.objects.visible_to(request.user).filter(pk__in=asked).order_by("pk"))
    if decision is None or not conversations:
        return toast(request, _("Choose conversations first."), status=INVALID)
    return answer(request, decision(request.POST, by=request.user), conversations)
