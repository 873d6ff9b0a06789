"""A conversation that an agent opens: to a known customer or to a new address."""

from __future__ import annotations

import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from conversations.actions import replies, starting
from conversations.forms.writing import StartForm
from conversations.known import customers_known_to
from conversations.models import Attachment, Conversation
from conversations.refusal import Refused
from conversations.views.pane import agent_of
from customers.models import Identity


def start(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends."""
    form = StartForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            conversation = _start(form, request)
        except Refused as refused:
            form.add_error(None, refused.reason)
        else:
            return _opened(request, conversation)
    template = "conversation/_start.html" if request.headers.get("HX-Request") else "conversation/start.html"
    context = {"form": form, "channels": _channels(form), "known": _known(request), "kept": _kept(form, request)}
    return render(request, template, context, status=422 if form.errors else 200)


def _initial(request: HttpRequest) -> dict[str, object]:
    """The address of the customer it was asked for, with the channel that reaches it."""
    customer = request.GET.get("customer", "")
    if not customer.isdigit():
        return {"address": request.GET.get("to", "")}
    known = get_object_or_404(customers_known_to(agent_of(request)), pk=customer)
    identity = known.identities.filter(account="", unreachable_reason="").order_by("-last_seen_at").first()
    return {"address": str(identity) if identity else ""}


@transaction.atomic
def _start(form: StartForm, request: HttpRequest) -> Conversation:
    given = form.cleaned_data
    route = starting.route_to(given["channel"], given["to"])
    conversation = starting.start(route.identity.customer, by=agent_of(request), subject=given["subject"])
    replies.reply(
        conversation,
        by=agent_of(request),
        text=given["text"],
        route=route,
        subject=given["subject"],
        files=given["files"],
    )
    return conversation


def _opened(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    address = f"/conversations/{conversation.pk}/"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _channels(form: StartForm) -> object:
    return form.fields["channel"].queryset  # type: ignore[attr-defined]


def _kept(form: StartForm, request: HttpRequest) -> str:
    """The files of a form that comes back, for the script that lists them."""
    keys = form.cleaned_data.get("files", []) if form.is_bound else []
    kept = Attachment.objects.filter(uploaded_by=agent_of(request), message=None, key__in=keys)
    told = [{"key": str(one.key), "name": one.name, "size": one.size, "type": one.content_type} for one in kept]
    return json.dumps(told, ensure_ascii=False)


def _known(request: HttpRequest) -> list[Identity]:
    """Addresses offered while typing: those of whom the agent may see and who wrote last."""
    seen = Conversation.objects.visible_to(agent_of(request)).newest_first().values("customer")[:200]
    known = Identity.objects.filter(account="", customer__in=list(seen.values_list("customer", flat=True)))
    return list(known.select_related("customer").order_by("-last_seen_at")[:60])
