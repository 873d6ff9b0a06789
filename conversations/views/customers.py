"""The customer panel's own acts: deciding on a claimed address, revealing a hidden number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations.actions import joining
from conversations.actions.change import record
from conversations.models import Event, Operation
from conversations.refusal import Refused
from conversations.stream import contacts
from conversations.views.pane import agent_of, conversation_for, side
from customers.models import Identity, IdentityClaim


@require_POST
def accept_claim(request: HttpRequest, pk: int, claim: int) -> HttpResponse:
    """The claimed address is this customer's."""
    return _decided(request, pk, claim, is_accepted=True)


@require_POST
def dismiss_claim(request: HttpRequest, pk: int, claim: int) -> HttpResponse:
    """The claimed address is somebody else's."""
    return _decided(request, pk, claim, is_accepted=False)


def _decided(request: HttpRequest, pk: int, claim_pk: int, *, is_accepted: bool) -> HttpResponse:
    conversation = conversation_for(request, pk)
    claim = get_object_or_404(IdentityClaim, pk=claim_pk, customer=conversation.customer_id)
    started = timezone.now()
    try:
        (joining.accept_claim if is_accepted else joining.dismiss_claim)(claim, by=agent_of(request))
    except Refused as refused:
        return render(request, "composer/_errors.html", {"reasons": [refused.reason]}, status=422)
    panel = render(request, "customer/_side.html", side(request, conversation_for(request, pk)))
    joined = Operation.objects.filter(by=agent_of(request), created_at__gte=started).values_list("pk", flat=True)
    if joined:
        shown = {"text": _("Joined: both are one customer now"), "undo": ",".join(map(str, joined))}
        panel.write(render_to_string("inbox/_toast.html", shown, request))
    return panel


@require_POST
def reveal(request: HttpRequest, pk: int, identity: int) -> HttpResponse:
    """Show a hidden number, and write down who looked."""
    conversation = conversation_for(request, pk)
    found = get_object_or_404(Identity, pk=identity, customer=conversation.customer_id)
    record(Event.Kind.REVEALED, conversation, by=agent_of(request), identity=found.pk)
    number = contacts.spelled(found.value)
    return HttpResponse(format_html('<bdi dir="ltr"><a href="tel:{}">{}</a></bdi>', found.value, number))
