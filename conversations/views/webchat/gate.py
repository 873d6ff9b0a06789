"""Who speaks: the ticket of a frame, the session of a visitor. No cookies: a frame on another site has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from channels_app.models import Channel
from channels_app.panel import PanelConnector
from conversations.actions.visiting import TakenOver
from conversations.models import Visitor
from conversations.visits.passes import session_of
from conversations.visits.throttle import is_too_much

LARGEST_JSON = 64 * 1024
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "3600",
}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
AnyView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def panel_channel(token: str) -> Channel:
    """The enabled channel of this token whose customers write in a panel; raises Http404."""
    channel = get_object_or_404(Channel.objects.enabled(), token=token)
    if not isinstance(channel.connector, PanelConnector):
        raise Http404(token)
    return channel


def place(request: HttpRequest) -> str:
    """Where a request comes from, for counting; behind our proxy, what the proxy says."""
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return request.META.get("REMOTE_ADDR", "")


def from_panel(view: View[Concatenate[Visitor, P]]) -> View[Concatenate[str, P]]:
    """Let a visitor with a valid session in, and nobody else: 401, upon which the panel opens a new session."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        session = session_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        visitor = (
            session
            and Visitor.objects.select_related("channel", "identity__customer").filter(pk=session.visitor).first()
        )
        if not visitor or visitor.has_ended or visitor.channel.token != token or not visitor.channel.is_enabled:
            return _no_session()
        if is_too_much("panel", str(visitor.pk), limit=240, seconds=60):
            return too_much()
        visitor.saw()
        with translation.override(supported(visitor.language)):
            try:
                return private(view(request, visitor, *args, **kwargs))
            except TakenOver:
                return _no_session()

    return guarded


def for_apps(view: AnyView[Concatenate[str, P]]) -> AnyView[Concatenate[str, P]]:
    """Let scripts on admitted sites of another origin ask and read the answer (CORS); native apps name no origin."""

    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        is_preflight = request.method == "OPTIONS"
        response: HttpResponseBase = HttpResponse(status=204) if is_preflight else view(request, token, *args, **kwargs)
        patch_vary_headers(response, ["Origin"])
        if origin := foreign_origin(request, token):
            response["Access-Control-Allow-Origin"] = origin
            if is_preflight:
                for name, value in PREFLIGHT.items():
                    response[name] = value
        return response

    return opened


def foreign_origin(request: HttpRequest, token: str) -> str:
    """The site whose script asks, where this channel admits it; blank for none, for our own and for any other."""
    origin = request.headers.get("Origin", "")
    if not origin or origin == f"{request.scheme}://{request.get_host()}":
        return ""
    connector = panel_channel(token).connector
    admits = isinstance(connector, PanelConnector) and connector.admits_apps and connector.admits(origin)
    return origin if admits else ""


def _no_session() -> HttpResponse:
    return private(JsonResponse({"error": "session"}, status=401))


def too_much() -> HttpResponse:
    """Ask the panel to wait."""
    return private(JsonResponse({"error": "slow"}, status=429, headers={"Retry-After": "20"}))


def private(response: HttpResponse) -> HttpResponse:
    """What one visitor sees is nobody else's, and no cache's."""
    response["Cache-Control"] = "no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def supported(language: str) -> str:
    """The nearest language that we speak."""
    try:
        return translation.get_supported_language_variant(language or "en")
    except LookupError:
        return "en"


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object a panel sent; empty for anything else."""
    if len(request.body) > LARGEST_JSON:
        return {}
    try:
        sent = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def text_of(sent: dict[str, Any], name: str, most: int) -> str:
    """One text out of it, without what PostgreSQL cannot store."""
    value = sent.get(name)
    return value.replace("\0", "").strip()[:most] if isinstance(value, str) else ""
