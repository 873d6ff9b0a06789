"""One conversation on the screen: the pane, what is new in it, earlier stretches, earlier episodes."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations.actions import moving, state
from conversations.actions.change import changing
from conversations.forms.writing import MergeForm
from conversations.models import Conversation, Event, Operation
from conversations.refusal import Refused
from conversations.stream import thread
from conversations.views.answers import toast
from conversations.views.pane import agent_of, conversation_for, head_context, pane_context, side

# Changes that take messages away from a conversation.
STRUCTURAL = (Event.Kind.MESSAGE_MOVED, Event.Kind.MERGED, Event.Kind.UNDONE)


@require_GET
@never_cache
def pane(request: HttpRequest, pk: int) -> HttpResponse:
    """The pane, and with it the customer panel out of band."""
    try:
        conversation = conversation_for(request, pk)
    except Http404:
        return render(request, "conversation/_gone.html", status=404)
    return render(request, "conversation/_opened.html", pane_context(request, conversation))


@require_GET
@never_cache
def tail(request: HttpRequest, pk: int) -> HttpResponse:
    """What is new or different since a revision: lines, and the head; 204 where nothing is."""
    conversation = conversation_for(request, pk)
    after = _number(request.GET.get("after"))
    if conversation.revision <= after:
        return HttpResponse(status=204)
    context = head_context(request, conversation)
    context["lines"] = thread.changes(conversation, after)
    context["kept"] = _kept(conversation, after)
    return render(request, "conversation/_tail.html", context)


def _kept(conversation: Conversation, after: int) -> list[int] | None:
    """Ids of all messages, where some may have gone since a revision."""
    if not conversation.events.filter(revision__gt=after, kind__in=STRUCTURAL).exists():
        return None
    return list(conversation.messages.values_list("pk", flat=True))


@require_GET
@never_cache
def earlier(request: HttpRequest, pk: int) -> HttpResponse:
    """The stretch of the thread before a line."""
    conversation = conversation_for(request, pk)
    try:
        stream = thread.stretch(conversation, before=request.GET.get("before", ""))
    except ValueError as error:
        raise Http404("not a line") from error
    context = {**head_context(request, conversation), "lines": stream.lines, "earlier": stream.earlier}
    return render(request, "conversation/_earlier.html", context)


@require_GET
@never_cache
def episode(request: HttpRequest, pk: int) -> HttpResponse:
    """An earlier episode, opened in place: its lines to read, without their tools."""
    conversation = conversation_for(request, pk)
    stream = thread.stretch(conversation)
    context = {**head_context(request, conversation), "lines": stream.lines, "earlier": stream.earlier}
    return render(request, "conversation/_episode.html", {**context, "still": True, "suffix": f"-{pk}"})


@require_GET
@never_cache
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer panel alone."""
    return render(request, "customer/_side.html", side(request, conversation_for(request, pk)))


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent has the newest lines on the screen."""
    conversation = conversation_for(request, pk)
    state.mark_read(conversation, agent=agent_of(request), revision=_number(request.POST.get("revision")))
    return HttpResponse(status=204)


def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose into which conversation of the customer this one goes, and merge them."""
    conversation, agent = conversation_for(request, pk), agent_of(request)
    others = Conversation.objects.visible_to(agent).current().filter(customer=conversation.customer_id)
    others = others.exclude(pk=pk).select_related("last_channel").newest_first()
    form = MergeForm(request.POST or None, conversations=others)
    if request.method == "POST" and form.is_valid():
        try:
            operation = moving.merge(conversation, into=form.cleaned_data["to"], by=agent)
        except Refused as refused:
            form.add_error(None, refused.reason)
        else:
            return _merged(request, conversation, form.cleaned_data["to"], operation)
    context = {"conversation": conversation, "others": others[:20], "form": form}
    return render(request, "conversation/_merge.html", context, status=422 if form.errors else 200)


def _merged(request: HttpRequest, source: Conversation, target: Conversation, operation: Operation) -> HttpResponse:
    """Say so with an undo, and let the page open what the other went into."""
    if not request.headers.get("HX-Request"):
        return redirect(f"/conversations/{target.pk}/")
    text = _("Merged into #%(number)d") % {"number": target.pk}
    response = toast(request, text, undo=[operation.pk], done=[source.pk, target.pk])
    triggers = json.loads(response["HX-Trigger"])
    response["HX-Trigger"] = json.dumps({**triggers, "conversation:merged": {"into": target.pk}})
    return response


@require_POST
def dismiss(request: HttpRequest, pk: int, event: int) -> HttpResponse:
    """The suggested conversation is another matter."""
    with changing(conversation_for(request, pk).pk) as conversation:
        for found in conversation.events.filter(pk=event, kind=Event.Kind.SUGGESTED):
            found.data = {**found.data, "is_dismissed": True}
            found.save(update_fields=["data"])
    return HttpResponse(status=200)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
