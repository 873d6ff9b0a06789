"""What the panel asks for: a session, news, and to take what the visitor wrote."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from channels_app.models import Channel
from conversations.actions import visiting
from conversations.actions.visiting import connector_of
from conversations.models import Attachment, Visitor
from conversations.views.webchat import gate, wire
from conversations.views.webchat.gate import body_of, for_apps, from_panel, text_of
from conversations.visits import passes, uploads
from conversations.visits.shown import first_news, messages_of, news_after, news_before
from conversations.visits.throttle import is_too_much

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

LONGEST_TEXT = 5000
# What stands for the host site where the visitor uses an app.
APP = "app"
MOST_FILES = 10


@for_apps
@csrf_exempt
@login_not_required
@require_POST
def session(request: HttpRequest, token: str) -> HttpResponse:
    """Open or renew a visitor's session; whoever cannot be recognised is a stranger with a history of nothing."""
    channel = gate.panel_channel(token)
    sent = body_of(request)
    origin = _origin(request, channel, text_of(sent, "ticket", 1000))
    if not origin:
        return gate.private(JsonResponse({"error": "ticket"}, status=403))
    if is_too_much("session", gate.place(request), limit=120, seconds=60):
        return gate.too_much()
    renewed = passes.session_of(text_of(sent, "renew", 1000), seconds=passes.LONGEST_SESSION_SECONDS)
    if renewed and renewed.is_renewable and not sent.get("jwt") and (known := _renewable(renewed, channel.pk)):
        return _opened(known, since=renewed.since, kept=text_of(sent, "visitor", 100))
    entry = visiting.enter(
        channel,
        origin=origin,
        token=text_of(sent, "visitor", 100),
        host_token=text_of(sent, "jwt", 9000),
        about=_about(sent),
    )
    return _opened(entry.visitor, kept=entry.token, refused=entry.was_refused)


def _origin(request: HttpRequest, channel: Channel, ticket: str) -> str:
    """Where a visitor is: the host of our frame, the site whose script asks, or an app. Blank where it is not admitted."""
    if ticket or not connector_of(channel).admits_apps:
        return passes.origin_of(ticket, channel) or ""
    return gate.foreign_origin(request, channel.token) if "Origin" in request.headers else APP


def _renewable(session: passes.Session, channel: int) -> Visitor | None:
    """An anonymous browser has its token; only who was vouched for lives by the session alone."""
    visitors = Visitor.objects.select_related("channel", "identity__customer")
    return visitors.exclude(subject="").filter(pk=session.visitor, channel=channel).first()


def _about(sent: dict[str, Any]) -> dict[str, object]:
    return {"language": text_of(sent, "language", 12), "time_zone": text_of(sent, "zone", 64), "page": _page(sent)}


def _page(sent: dict[str, Any]) -> dict[str, str]:
    page = sent.get("page")
    if not isinstance(page, dict) or urlsplit(text_of(page, "url", 1000)).scheme not in ("http", "https"):
        return {}
    return {"url": text_of(page, "url", 1000), "title": text_of(page, "title", 200)}


def _opened(visitor: Visitor, *, kept: str, since: int | None = None, refused: bool = False) -> HttpResponse:
    with translation.override(gate.supported(visitor.language)):
        news = first_news(visitor)
        body = wire.news_to_json(visitor, news) | wire.state_to_json(visitor, has_spoken=bool(news.messages))
    visiting.received(visitor, news.messages)
    body |= {
        "session": str(passes.new_session(visitor, since=since)),
        "expires_in": passes.SESSION_SECONDS,
        "visitor": "" if visitor.is_verified else kept,
        "person": visitor.key.hex,
        "identity": "refused" if refused else "verified" if visitor.is_verified else "anonymous",
        "name": visitor.name,
    }
    return gate.private(JsonResponse(body))


@for_apps
@from_panel
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """GET: what is new after a cursor, or the page before a message. POST: take a message."""
    if request.method == "POST":
        return _take(visitor, body_of(request))
    if before := request.GET.get("before", ""):
        news = news_before(visitor, int(before) if before.isdecimal() and len(before) < 19 else 0)
        return JsonResponse({key: value for key, value in wire.news_to_json(visitor, news).items() if key != "cursor"})
    news = news_after(visitor, wire.read_cursor(request.GET.get("after", "")))
    visiting.received(visitor, news.messages)
    state = wire.state_to_json(visitor, has_spoken=news.conversation is not None)
    return JsonResponse(wire.news_to_json(visitor, news) | state)


def _take(visitor: Visitor, sent: dict[str, Any]) -> HttpResponse:
    text, files = text_of(sent, "text", LONGEST_TEXT + 1), _keys(sent)
    try:
        client_id = str(uuid.UUID(text_of(sent, "client_id", 36)))
    except ValueError:
        return JsonResponse(wire.refusal(""), status=422)
    if len(text) > LONGEST_TEXT:
        return JsonResponse(wire.refusal(_("This message is too long. Send it in two parts.")), status=422)
    if not text and not files:
        return JsonResponse(wire.refusal(_("Write something first.")), status=422)
    if is_too_much("words", str(visitor.pk), limit=40, seconds=60):
        return gate.too_much()
    message = visiting.speak(visitor, client_id=client_id, text=text, uploads=files)
    return JsonResponse({"client_id": client_id, "message": message and wire.message_to_json(visitor, message)})


def _keys(sent: dict[str, Any]) -> list[str]:
    given = sent.get("files")
    keys = given[:MOST_FILES] if isinstance(given, list) else []
    return [key for key in keys if isinstance(key, str) and len(key) == 32 and key.isalnum() and key.isascii()]


@for_apps
@from_panel
@require_POST
def files(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Keep one file for a message that is being written."""
    file = request.FILES.get("file")
    if wrong := uploads.complaint(file):
        return JsonResponse(wire.refusal(wrong), status=422)
    if is_too_much("files", str(visitor.pk), limit=30, seconds=600):
        return gate.too_much()
    return JsonResponse(wire.upload_to_json(visiting.upload(visitor, cast("UploadedFile", file))))


@for_apps
@login_not_required
@require_GET
def file(request: HttpRequest, token: str, ticket: str) -> HttpResponseBase:
    """A file of the visitor's conversation, by an address that was told to that visitor alone."""
    try:
        visitor_pk, attachment_pk = signing.loads(ticket, salt="conversations.file", max_age=wire.FILE_SECONDS)
    except signing.BadSignature as error:
        raise Http404(ticket) from error
    visitor = get_object_or_404(Visitor, pk=visitor_pk, channel__token=token, channel__is_enabled=True)
    attachment = get_object_or_404(Attachment, pk=attachment_pk, message__in=messages_of(visitor))
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=not attachment.is_image,
        filename=attachment.name,
        content_type=attachment.content_type if attachment.is_image else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@for_apps
@from_panel
@require_POST
def typing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Tell the agents that the visitor is writing; stored nowhere."""
    visiting.say_typing(visitor)
    return JsonResponse({})


@for_apps
@from_panel
@require_POST
def read(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The visitor has read up to one message."""
    up_to = body_of(request).get("up_to")
    if isinstance(up_to, int) and 0 < up_to < 2**63:
        visiting.read(visitor, up_to)
    return JsonResponse({})


@for_apps
@from_panel
@require_POST
def page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The visitor went to another page of the host site."""
    if here := _page({"page": body_of(request)}):
        Visitor.objects.filter(pk=visitor.pk).update(page=here)
    return JsonResponse({})


@for_apps
@from_panel
@require_POST
def prechat(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Take the answers to the form before the first message, or the one address that was asked for later."""
    sent = body_of(request)
    answers = {name: text_of(sent, name, 300) for name in ("name", "email", "topic", "consent")}
    only = ["email"] if sent.keys() == {"email"} else []
    if wrong := connector_of(visitor.channel).complaints(answers, of=only):
        return JsonResponse({"errors": wrong}, status=422)
    visiting.answer_form(visitor, answers)
    news = news_after(visitor, {})
    return JsonResponse(wire.state_to_json(visitor, has_spoken=news.conversation is not None) | {"messages": []})
