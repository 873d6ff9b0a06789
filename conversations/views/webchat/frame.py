"""What is loaded on the host's page: the loader, the panel in its frame, and the form for those without JavaScript."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from channels_app.models import Channel
from conversations.actions import visiting
from conversations.actions.visiting import connector_of
from conversations.models import Visitor
from conversations.views.webchat.gate import panel_channel, place, supported
from conversations.visits.passes import ticket
from conversations.visits.promise import promise
from conversations.visits.throttle import is_too_much

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
THEMES = {"light", "dark"}
LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,2}")
LOADER_SECONDS = 300


@login_not_required
@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """The one script that a host site includes."""
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    plain, packed = _loader() if not settings.DEBUG else _loader.__wrapped__()
    response = HttpResponse(packed if packs else plain, content_type="text/javascript; charset=utf-8")
    if packs:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = f"public, max-age={LOADER_SECONDS}, stale-while-revalidate=86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@lru_cache
def _loader() -> tuple[bytes, bytes]:
    with open(str(finders.find("widget/w.js")), encoding="utf-8") as file:
        lines = (line.strip() for line in file)
        kept = [line for line in lines if line and not line.startswith(("//", "/*"))]
    plain = "\n".join(kept).replace("__TEXTS__", _loader_texts()).encode()
    return plain, gzip.compress(plain, 9, mtime=0)


def _loader_texts() -> str:
    """The launcher's few texts in every language; it must not ask for them."""
    texts = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            texts[code] = [_("Chat"), _("Chat, {n} unread"), _("Open the chat in a new window")]
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


@gzip_page
@login_not_required
@require_safe
def panel(request: HttpRequest, token: str) -> HttpResponse:
    """The chat itself. Only pages of the channel's allowed origins may frame it."""
    channel = panel_channel(token)
    alone = "popout" in request.GET
    host = _own_origin(request) if alone else request.GET.get("o", "")
    if not alone and host != _own_origin(request) and not connector_of(channel).admits(host):
        return HttpResponseForbidden("This site may not show the chat.", content_type="text/plain")
    asked = request.GET.get("lang", "")
    with translation.override(supported(asked)):
        response = render(request, "widget/panel.html", _panel_context(request, channel, host, alone, asked))
    return _framed(response, [] if alone else [host])


def _panel_context(request: HttpRequest, channel: Channel, host: str, alone: bool, asked: str) -> dict[str, object]:
    theme = request.GET.get("theme", "")
    return {
        "channel": channel,
        "widget": connector_of(channel).look(),
        "desk": promise(channel),
        "host": host,
        "ticket": ticket(channel, host),
        "is_alone": alone,
        "theme": theme if theme in THEMES else "",
        "language": translation.get_language(),
        "asked": asked if LANGUAGE.fullmatch(asked) else "",
        "direction": "rtl" if asked[:2].lower() in RIGHT_TO_LEFT else "ltr",
        "api": reverse("conversations:panel", args=[channel.token]),
        "contact": reverse("conversations:panel_contact", args=[channel.token]),
    }


def _own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _framed(response: HttpResponse, ancestors: list[str]) -> HttpResponse:
    """Let these hosts frame the response, also where they isolate themselves (COEP)."""
    response._csp_replace = {"frame-ancestors": ancestors or ["'none'"]}  # type: ignore[attr-defined]
    response.xframe_options_exempt = bool(ancestors)
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = "private, max-age=60"
    return response


class ContactForm(forms.Form):
    """For visitors without JavaScript, or where the chat cannot be shown."""

    name = forms.CharField(max_length=160, required=False)
    email = forms.EmailField(max_length=254)
    text = forms.CharField(max_length=5000, widget=forms.Textarea)
    # People do not see it; programs fill it in.
    website = forms.CharField(required=False)
    client_id = forms.UUIDField()


@csrf_exempt  # whoever posts it is anonymous: there is no session to borrow
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, token: str) -> HttpResponse:
    """A plain form that starts a conversation."""
    channel = panel_channel(token)
    with translation.override(supported(request.GET.get("lang") or request.headers.get("Accept-Language", "")[:2])):
        form = ContactForm(request.POST or None)
        sent = request.method == "POST" and form.is_valid()
        if sent and not form.cleaned_data["website"]:
            if is_too_much("contact", place(request), limit=10, seconds=600):
                refused = {"too_much": True, "widget": connector_of(channel).look()}
                return render(request, "widget/contact.html", refused, status=429)
            _take(channel, form.cleaned_data)
        context = {
            "channel": channel,
            "widget": connector_of(channel).look(),
            "form": form,
            "sent": sent,
            "client_id": request.POST.get("client_id") or uuid.uuid4(),
            "language": translation.get_language(),
        }
        return render(request, "widget/contact.html", context, status=422 if form.errors else 200)


def _take(channel: Channel, given: dict[str, Any]) -> None:
    """The same form sent twice is one message of one visitor."""
    visitor, _new = Visitor.objects.get_or_create(key=given["client_id"], defaults={"channel": channel})
    if visitor.channel_id != channel.pk or visitor.token_hash or visitor.subject:
        return
    visiting.answer_form(visitor, {"name": str(given["name"]), "email": str(given["email"])})
    visiting.speak(visitor, client_id=str(given["client_id"]), text=str(given["text"]))
