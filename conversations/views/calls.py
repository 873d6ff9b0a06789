"""Calls by a click, and the calls of this moment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations.actions import calling
from conversations.forms.calling import CallForm
from conversations.models import Call, Conversation
from conversations.refusal import Refused
from conversations.views.answers import INVALID, REFUSED, toast
from conversations.views.pane import agent_of, conversation_for

MOST = 4


@require_POST
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the customer: the agent's own telephone rings first."""
    conversation, agent = conversation_for(request, pk), agent_of(request)
    form = CallForm(request.POST, conversation=conversation)
    if not form.is_valid():
        return toast(request, " ".join(map(str, form.non_field_errors())) or _("Choose a number."), status=INVALID)
    try:
        calling.call_customer(conversation, by=agent, **form.cleaned_data)
    except Refused as refused:
        return toast(request, str(refused.reason), status=REFUSED)
    return toast(request, _("Your telephone %(number)s rings now.") % {"number": agent.phone})


@require_safe
@never_cache
def now(request: HttpRequest) -> HttpResponse:
    """Who is calling, and who is on the phone with whom; the page shows it in a corner."""
    agent = agent_of(request)
    live = Call.objects.live().filter(medium=Call.Medium.TELEPHONE)
    seen = live.filter(message__conversation__in=Conversation.objects.visible_to(agent))
    shown = seen.select_related("agent", "message__conversation__customer__organisation").order_by("-started_at")
    # Whoever speaks with a colleague needs nobody's attention any more.
    calls = [call for call in shown[:20] if call.state == Call.State.RINGING or call.agent_id == agent.pk]
    return render(request, "calls/_now.html", {"calls": calls[:MOST]})
