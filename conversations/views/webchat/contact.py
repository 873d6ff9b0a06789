"""The form for those without the chat: by a link, or in a frame on an admitted page; it needs no JavaScript."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from channels_app.contract import Rejected
from channels_app.models import Channel
from conversations.actions import visiting
from conversations.actions.visiting import connector_of
from conversations.forms.contact import ContactForm
from conversations.models import Visitor
from conversations.views.webchat.frame import RIGHT_TO_LEFT, THEMES, framed
from conversations.views.webchat.gate import panel_channel, place, supported
from conversations.visits import passes
from conversations.visits.shown import knows_address
from conversations.visits.throttle import is_too_much

# What stands for the host site where nobody has the chat open.
FORM = "form"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# What the address of the form may say, and says again where it is sent to; a token of the host is used up with the first page.
KEPT = ("o", "lang", "theme")


@csrf_exempt  # whoever posts it is anonymous, or shows a session of the form: there is no cookie to borrow
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, token: str) -> HttpResponse:
    """A plain form whose message joins the conversation of whoever is known, or starts one."""
    channel, host = panel_channel(token), request.GET.get("o", "")
    if host and not connector_of(channel).admits(host):
        return HttpResponseForbidden("This site may not show the form.", content_type="text/plain")
    asked = request.GET.get("lang") or request.headers.get("Accept-Language", "")[:2]
    with translation.override(supported(asked)):
        response = _sent(request, channel) if request.method == "POST" else _blank(request, channel)
    framed(response, [host] if host else [])
    response["Cache-Control"] = "no-store"  # each page has an id of its own, by which a message is sent once
    return response


def _blank(request: HttpRequest, channel: Channel, visitor: Visitor | None = None) -> HttpResponse:
    visitor = visitor or _vouched_for(request, channel)
    return _page(request, channel, _form(channel, visitor), visitor)


def _sent(request: HttpRequest, channel: Channel) -> HttpResponse:
    visitor = known_visitor(request.POST.get("session", ""), channel)
    if "again" in request.POST:
        return _blank(request, channel, visitor)
    form = _form(channel, visitor, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, channel, form, visitor, status=422)
    if form.cleaned_data["website"]:  # a program is thanked and forgotten
        return _page(request, channel, form, None, sent=True)
    if is_too_much("contact", place(request), limit=10, seconds=600):
        return _page(request, channel, form, None, too_much=True, status=429)
    return _page(request, channel, form, _take(channel, visitor, form), sent=True)


def _form(channel: Channel, visitor: Visitor | None, *data: Any) -> ContactForm:
    known = [] if visitor is None else ["name", "email"] if knows_address(visitor) else ["name"]
    return ContactForm(connector_of(channel).form(), *data, known=known)


def _vouched_for(request: HttpRequest, channel: Channel) -> Visitor | None:
    """Whom the host's token names; nobody where it does not hold."""
    jwt = request.GET.get("jwt", "")
    try:
        if not jwt or not connector_of(channel).person(jwt):
            return None
    except Rejected:
        return None
    about = {"language": translation.get_language()}
    visitor = visiting.enter(channel, origin=FORM, token="", host_token=jwt, about=about).visitor
    return visitor if visitor.is_verified else None


def known_visitor(session: str, channel: Channel) -> Visitor | None:
    """Who has the form open since a page before."""
    found = passes.session_of(session, seconds=passes.LONGEST_SESSION_SECONDS)
    if found is None or found.channel != channel.pk:
        return None
    visitors = Visitor.objects.select_related("channel", "identity__customer")
    visitor = visitors.filter(pk=found.visitor, channel=channel).first()
    return None if visitor is None or visitor.has_ended else visitor


def _take(channel: Channel, visitor: Visitor | None, form: ContactForm) -> Visitor | None:
    """The same form sent twice is one message of one visitor; None where the id is somebody else's."""
    given, client_id = form.cleaned_data, str(form.cleaned_data["client_id"])
    visitor = visitor or stranger(channel, given["client_id"])
    if visitor is None:
        return None
    answers = form.answers()
    if given.get("consent"):
        answers["consent"] = connector_of(channel).form().consent_version
    visiting.answer_form(visitor, answers)
    files: list[UploadedFile] = given.get("files", [])
    keys = [visiting.upload(visitor, file).key.hex for file in files]
    visiting.speak(visitor, client_id=client_id, text=given["text"], uploads=keys, subject=given.get("subject", ""))
    return visitor


def stranger(channel: Channel, client_id: uuid.UUID) -> Visitor | None:
    """A visitor of this form alone; None where the id is somebody else's."""
    defaults = {"channel": channel, "language": translation.get_language(), "origin": FORM}
    visitor, _new = Visitor.objects.get_or_create(key=client_id, defaults=defaults)
    # A browser of the chat whose person is known by now has no token either; its id must not speak for that person.
    is_ours = (
        visitor.channel_id == channel.pk and visitor.origin == FORM and not visitor.token_hash and not visitor.subject
    )
    return visitor if is_ours else None


def _page(
    request: HttpRequest,
    channel: Channel,
    form: ContactForm,
    visitor: Visitor | None,
    *,
    status: int = 200,
    **more: bool,
) -> HttpResponse:
    theme, language = request.GET.get("theme", ""), translation.get_language()
    kept = urlencode({name: request.GET[name] for name in KEPT if request.GET.get(name)})
    context = {
        "channel": channel,
        "widget": connector_of(channel).look(),
        "asked": connector_of(channel).form(),
        "form": form,
        "action": f"{request.path}?{kept}" if kept else request.path,
        "session": passes.new_session(visitor) if visitor else "",
        "client_id": uuid.uuid4() if status == 200 else request.POST.get("client_id") or uuid.uuid4(),
        "is_framed": "o" in request.GET,
        "theme": theme if theme in THEMES else "",
        "language": language,
        "direction": "rtl" if language[:2] in RIGHT_TO_LEFT else "ltr",
        **more,
    }
    return render(request, "widget/contact.html", context, status=status)


@login_not_required
@require_safe
def look(request: HttpRequest, token: str) -> HttpResponse:
    """The channel's colour as a style sheet: the form's policy allows no style in the page."""
    colour = connector_of(panel_channel(token)).look().colour
    sheet = f":root{{--accent:{colour}}}" if COLOUR.fullmatch(colour) else ""
    response = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
