"""Carrying out a decision about conversations, and the toast that tells what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext

from conversations.forms.state import Decision
from conversations.models import Conversation, Operation
from conversations.refusal import Refused

REFUSED = 409
INVALID = 422


def answer(request: HttpRequest, form: Decision, conversations: Sequence[Conversation]) -> HttpResponse:
    """Decide about each conversation in a transaction of its own, and tell which succeeded, with an undo for these."""
    if not form.is_valid():
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return toast(request, " ".join(reasons), status=INVALID)
    started = timezone.now()
    failed = _decide(form, conversations)
    done = [one for one in conversations if one not in failed]
    if not done:
        return toast(request, _told(failed), status=REFUSED)
    undo = Operation.objects.filter(
        conversation__in=done, by=form.by, created_at__gte=started, undone_at=None
    ).values_list("pk", flat=True)
    said = form.done(len(done), done[0].subject)
    return toast(request, said, failed=failed, undo=list(undo), done=[one.pk for one in done])


def _decide(form: Decision, conversations: Iterable[Conversation]) -> dict[Conversation, str]:
    """What could not be done, and why."""
    failed = {}
    for conversation in conversations:
        try:
            form.decide(conversation)
        except Refused as refusal:
            failed[conversation] = str(refusal.reason)
    return failed


def _told(failed: dict[Conversation, str]) -> str:
    reasons = list(dict.fromkeys(failed.values()))
    if len(failed) == 1 or len(reasons) == 1:
        return reasons[0]
    return ngettext("%(n)d could not be changed.", "%(n)d could not be changed.", len(failed)) % {"n": len(failed)}


def toast(
    request: HttpRequest,
    text: str,
    *,
    status: int = 200,
    failed: dict[Conversation, str] | None = None,
    undo: Sequence[int] = (),
    done: Sequence[int] = (),
) -> HttpResponse:
    """One toast for a script; for a plain form, back to where it came from."""
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(_back(request))
    shown = {"text": text, "is_bad": status >= 400, "failed": failed or {}, "undo": ",".join(map(str, undo))}
    response = render(request, "inbox/_toast.html", shown, status=status)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"desk:decided": {"done": list(done)}})
    return response


def _back(request: HttpRequest) -> str:
    here = request.META.get("HTTP_REFERER", "")
    return here if url_has_allowed_host_and_scheme(here, {request.get_host()}, request.is_secure()) else "/inbox/"
