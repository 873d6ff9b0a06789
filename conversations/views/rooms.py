"""Video calls: an agent starts, enters and ends one; the customer's door."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from channels_app.contract import Seat
from conversations.actions import rooms
from conversations.models import Call, Conversation, Message
from conversations.reach import Route, routes
from conversations.refusal import Refused
from conversations.views.answers import REFUSED, toast
from conversations.views.pane import agent_of, conversation_for
from conversations.views.webchat.gate import place, supported, too_much
from conversations.visits.throttle import is_too_much

HOLDER = "room"
# Browsers inside messengers, most of which keep camera and microphone to themselves.
INSIDE_APPS = re.compile(
    r"KAKAOTALK|NAVER\(inapp|Line/|FBAN|FBAV|Instagram|MicroMessenger|Snapchat|TikTok", re.IGNORECASE
)


@require_POST
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a video call: the customer gets a link by the way that the composer shows."""
    conversation = conversation_for(request, pk)
    route = _route(conversation, request.POST.get("route", ""))
    if route is None:
        return toast(request, _("No channel reaches this customer now."), status=REFUSED)
    try:
        rooms.start(conversation, by=agent_of(request), route=route)
    except Refused as refused:
        return toast(request, str(refused.reason), status=REFUSED)
    return toast(request, _("The link is on its way. Enter the room in the conversation."))


def _route(conversation: Conversation, key: str) -> Route | None:
    """By which the link goes, as it can be sent to the customer alone."""
    last = conversation.messages.filter(kind=Message.Kind.INBOUND).order_by("-sent_at", "-id").first()
    ways = routes(conversation.customer, last=last)
    usable = [way for way in ways if way.is_usable and not way.capabilities.is_voice]
    return next((way for way in usable if way.key == key), usable[0] if usable else None)


@require_http_methods(["GET", "DELETE"])
@never_cache
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the agent enters; DELETE: the call is over."""
    agent = agent_of(request)
    seen = Call.objects.filter(message__conversation__in=Conversation.objects.visible_to(agent))
    call = get_object_or_404(seen.select_related("message"), pk=pk, medium=Call.Medium.VIDEO)
    if request.method == "DELETE":
        rooms.end(call)
        return toast(request, _("The video call has ended."))
    try:
        return _seated(request, rooms.host(call, by=agent))
    except Refused as refused:
        return render(request, "calls/door.html", {"reason": refused.reason}, status=410)


@csrf_exempt  # whoever posts it has no session here; the link itself is the right to enter
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def door(request: HttpRequest, code: str) -> HttpResponseBase:
    """GET shows a button and changes nothing, since messengers look at every link; POST enters."""
    if is_too_much("room", place(request), limit=30, seconds=600):
        return too_much()
    call = rooms.call_named(code)
    if call is None:
        raise Http404(code)
    asked = request.headers.get("Accept-Language", "")[:2]
    with translation.override(supported(call.message.conversation.customer.language or asked)):
        if request.method == "POST":
            return _entered(request, call)
        return _shown(request, call)


def _shown(request: HttpRequest, call: Call, reason: object = "") -> HttpResponse:
    is_over = not rooms.is_open(call)
    agent = request.headers.get("User-Agent", "")
    context = {
        "call": call,
        "reason": reason or (_("This video call has ended.") if is_over else ""),
        "is_inside_app": bool(INSIDE_APPS.search(agent)),
        "host_name": call.agent.name if call.agent else "",
        "link": request.build_absolute_uri(),
    }
    response = render(request, "calls/door.html", context, status=410 if is_over else 409 if reason else 200)
    # The answer to the form leads to the provider's own address.
    response._csp_update = {"form-action": ["https:"]}  # type: ignore[attr-defined]
    return response


def _entered(request: HttpRequest, call: Call) -> HttpResponseBase:
    try:
        seat, holder = rooms.admit(call, holder=request.COOKIES.get(HOLDER, ""))
    except Refused as refused:
        return _shown(request, call, refused.reason)
    response = _seated(request, seat)
    lasts = int(rooms.OPEN_FOR.total_seconds())
    secure = request.is_secure()
    response.set_cookie(HOLDER, holder, lasts, path=request.path, secure=secure, httponly=True, samesite="Lax")
    return response


def _seated(request: HttpRequest, seat: Seat) -> HttpResponse:
    """On to the provider's page, or a page of ours with the provider's script."""
    if seat.url:
        return HttpResponseRedirect(seat.url)
    response = render(request, "calls/seat.html", {"seat": seat})
    theirs = "{0.scheme}://{0.netloc}".format(urlsplit(seat.script))
    ours: dict[str, list[str]] = {
        # This one script, not all else that its host has: what runs here could act for the agent.
        "script-src": [seat.script],
        "style-src": [theirs],
        "connect-src": ["https:", "wss:"],
        "media-src": ["blob:"],
        "worker-src": ["blob:"],
    }
    response._csp_update = ours  # type: ignore[attr-defined]
    return response
