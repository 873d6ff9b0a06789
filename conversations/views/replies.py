"""Answers to the customer, notes to colleagues, and what can still be done about an answer."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from conversations.actions import delivery as deliveries
from conversations.actions import laddering, replies, state
from conversations.forms.writing import NoteForm, ReplyForm, reply_form
from conversations.models import Conversation, Delivery, Event, Message
from conversations.refusal import Refused
from conversations.stream import thread
from conversations.views.pane import agent_of, conversation_for, head_context


@require_POST
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an answer: the message as the thread shows it; 422 where it cannot be sent, 409 where somebody was faster."""
    conversation = conversation_for(request, pk)
    form = reply_form(conversation, agent_of(request), request.POST)
    if not form.is_valid():
        return _refused(request, [*form.errors.get("__all__", []), *_field_errors(form)])
    try:
        message = _send(conversation, form, request)
    except Refused as refused:
        if refused.code == "stale":
            return _overtaken(request, conversation, form.cleaned_data["seen"] or 0)
        return _refused(request, [refused.reason])
    return _added(request, conversation, message)


@transaction.atomic
def _send(conversation: Conversation, form: ReplyForm, request: HttpRequest) -> Message:
    given = form.cleaned_data
    message = replies.reply(
        conversation,
        by=agent_of(request),
        text=given["text"],
        route=given["route"],
        subject=given["subject"] if given["route"].capabilities.has_subject else "",
        cc=given["cc"],
        bcc=given["bcc"],
        files=given["files"],
        client_id=given["client_id"],
        seen=given["seen"],
        not_before=given["send_at"],
        cancel_if_answered=given["cancel_if_answered"],
        quotes_history=given["quotes_history"],
        template=given.get("approved"),
        quick_replies=given["quick_replies"],
        linked=given["linked"],
        in_reply_to=_answered(conversation, given["in_reply_to"]),
        is_public=False if given["in_private"] else None,
    )
    if not message.rungs.exists():  # asked twice, it has them already
        laddering.plan(message, given["steps"])
    if given["then"] == ReplyForm.Then.RESOLVE:
        state.resolve(conversation, by=agent_of(request))
    if given["then"] == ReplyForm.Then.PENDING:
        state.set_pending(conversation, by=agent_of(request))
    return message


def _answered(conversation: Conversation, number: int | None) -> Message | None:
    """The message that is answered in particular, where the customer knows it; an older one of theirs may be elsewhere."""
    theirs = Message.objects.filter(conversation__customer=conversation.customer_id).public()
    return theirs.filter(pk=number).first() if number else None


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note: the note as the thread shows it."""
    conversation = conversation_for(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _refused(request, _field_errors(form))
    given = form.cleaned_data
    try:
        message = replies.note(
            conversation, by=agent_of(request), text=given["note"], files=given["files"], client_id=given["client_id"]
        )
    except Refused as refused:
        return _refused(request, [refused.reason])
    return _added(request, conversation, message)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back an answer that is not out yet; its text goes back into the composer."""
    message = _own(request, pk)
    try:
        deliveries.cancel(message, by=agent_of(request))
    except Refused as refused:
        return _refused(request, [refused.reason])
    return _added(request, message.conversation, message)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send once more what did not arrive."""
    try:
        deliveries.retry(_delivery(request, pk), by=agent_of(request))
    except Refused as refused:
        return _refused(request, [refused.reason])
    return HttpResponse(status=204)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent has dealt with what did not arrive."""
    deliveries.set_aside(_delivery(request, pk), by=agent_of(request))
    return HttpResponse(status=204)


def _own(request: HttpRequest, pk: int) -> Message:
    seen = Conversation.objects.visible_to(agent_of(request))
    found = Message.objects.filter(conversation__in=seen, kind=Message.Kind.OUTBOUND)
    return get_object_or_404(found.select_related("conversation__customer"), pk=pk)


def _delivery(request: HttpRequest, pk: int) -> Delivery:
    seen = Conversation.objects.visible_to(agent_of(request))
    found = Delivery.objects.filter(message__conversation__in=seen).select_related("message__conversation")
    return get_object_or_404(found, pk=pk)


def _added(request: HttpRequest, conversation: Conversation, message: Message) -> HttpResponse:
    if message.conversation_id != conversation.pk:
        raise Http404("that id belongs to another message")
    if not _wants_fragment(request):
        return redirect(f"/conversations/{conversation.pk}/#m-{message.pk}")
    context = {**head_context(request, conversation), "lines": [thread.said(thread.loaded(message))]}
    return render(request, "conversation/_lines.html", context)


def _field_errors(form: object) -> list[object]:
    return [error for name, errors in form.errors.items() if name != "__all__" for error in errors]  # type: ignore[attr-defined]


def _refused(request: HttpRequest, reasons: list[object]) -> HttpResponse:
    return render(request, "composer/_errors.html", {"reasons": reasons}, status=422)


def _overtaken(request: HttpRequest, conversation: Conversation, seen: int) -> HttpResponse:
    """Who wrote meanwhile, to be shown before anything is sent."""
    said = Event.objects.filter(conversation=conversation, revision__gt=seen, message__isnull=False)
    said = said.filter(kind__in=[Event.Kind.RECEIVED, Event.Kind.REPLIED]).exclude(actor=agent_of(request))
    latest = said.select_related("actor", "message").order_by("-revision").first()
    context = {**head_context(request, conversation), "latest": latest}
    return render(request, "composer/_overtaken.html", context, status=409)


def _wants_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request") or request.headers.get("X-Requested-With"))
