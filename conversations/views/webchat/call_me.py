"""The page on which a visitor asks to be called; it needs no JavaScript."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels_app.models import Channel
from conversations.actions import call_me
from conversations.actions.visiting import connector_of
from conversations.forms.call_me import CallMeForm
from conversations.switchboard import voice_channel
from conversations.views.webchat.contact import known_visitor, stranger
from conversations.views.webchat.frame import RIGHT_TO_LEFT
from conversations.views.webchat.gate import panel_channel, place, supported
from conversations.visits.throttle import is_too_much


@csrf_exempt  # whoever posts it is anonymous, or shows a session of the panel: there is no cookie to borrow
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for number and time; with the panel's session the wish joins the visitor's conversation."""
    channel, telephone = panel_channel(token), voice_channel()
    if telephone is None or not connector_of(channel).look().offers_calls:
        raise Http404(token)
    asked = request.GET.get("lang") or request.headers.get("Accept-Language", "")[:2]
    with translation.override(supported(asked)):
        is_blank = request.method != "POST" or "number" not in request.POST
        form = CallMeForm(telephone, call_me.slots(telephone), None if is_blank else request.POST)
        response = _shown(request, channel, form) if is_blank else _asked(request, channel, telephone, form)
    response["Cache-Control"] = "no-store"
    return response


def _asked(request: HttpRequest, channel: Channel, telephone: Channel, form: CallMeForm) -> HttpResponse:
    if not form.is_valid():
        return _shown(request, channel, form, status=422)
    given = form.cleaned_data
    if given["website"]:  # a program is thanked and forgotten
        return _shown(request, channel, form, sent=True)
    if is_too_much("call-me", place(request), limit=5, seconds=600):
        return _shown(request, channel, form, too_much=True, status=429)
    session = request.POST.get("session", "")
    visitor = known_visitor(session, channel) or stranger(channel, given["client_id"])
    if visitor is not None:
        wish = {name: given[name] for name in ("number", "when", "topic")}
        call_me.ask(visitor, by=telephone, client_id=str(given["client_id"]), **wish)
    return _shown(request, channel, form, sent=True)


def _shown(
    request: HttpRequest, channel: Channel, form: CallMeForm, *, status: int = 200, **more: bool
) -> HttpResponse:
    language = translation.get_language()
    context = {
        "channel": channel,
        "widget": connector_of(channel).look(),
        "form": form,
        "session": request.POST.get("session", ""),
        "client_id": request.POST.get("client_id") or uuid.uuid4(),
        "language": language,
        "direction": "rtl" if language[:2] in RIGHT_TO_LEFT else "ltr",
        **more,
    }
    return render(request, "widget/call_me.html", context, status=status)
