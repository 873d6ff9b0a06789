"""What is loaded on the host's page: the loader, and the panel in its frame."""

from __future__ import annotations

import gzip
import json
import re
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from channels_app.models import Channel
from conversations.actions.visiting import connector_of
from conversations.switchboard import voice_channel
from conversations.views.webchat.gate import panel_channel, supported
from conversations.visits.passes import ticket
from conversations.visits.promise import promise

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
    host = own_origin(request) if alone else request.GET.get("o", "")
    if not alone and host != own_origin(request) and not connector_of(channel).admits(host):
        return HttpResponseForbidden("This site may not show the chat.", content_type="text/plain")
    asked = request.GET.get("lang", "")
    with translation.override(supported(asked)):
        response = render(request, "widget/panel.html", _panel_context(request, channel, host, alone, asked))
    return framed(response, [] if alone else [host])


def _panel_context(request: HttpRequest, channel: Channel, host: str, alone: bool, asked: str) -> dict[str, object]:
    theme = request.GET.get("theme", "")
    return {
        "channel": channel,
        "widget": connector_of(channel).look(),
        "desk": promise(channel),
        "calls": connector_of(channel).look().offers_calls and voice_channel() is not None,
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


def own_origin(request: HttpRequest) -> str:
    """The desk's own origin, as the browser sees it."""
    return f"{request.scheme}://{request.get_host()}"


def framed(response: HttpResponse, ancestors: list[str]) -> HttpResponse:
    """Let these hosts frame the response, also where they isolate themselves (COEP)."""
    response._csp_replace = {"frame-ancestors": ancestors or ["'none'"]}  # type: ignore[attr-defined]
    response.xframe_options_exempt = bool(ancestors)
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = "private, max-age=60"
    return response
