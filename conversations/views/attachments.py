"""Files: taken from a composer, shown and downloaded from unguessable addresses to those who may see their message."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations.forms.writing import UploadForm
from conversations.models import Attachment, Conversation
from conversations.views.pane import agent_of

# Kinds that a browser shows without running anything in them.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "audio/", "video/")
WEEK = 7 * 24 * 3600


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file for a message that is being written: its key, to be named when the message is sent."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"reason": str(form.errors["file"][0])}, status=422)
    given = form.cleaned_data["file"]
    if given.size > settings.ATTACHMENT_MAX_BYTES:
        most = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        return JsonResponse({"reason": _("The file is too big: at most %(most)s.") % {"most": most}}, status=422)
    kept = Attachment(
        uploaded_by=agent_of(request),
        name=given.name[:255],
        content_type=(given.content_type or "application/octet-stream")[:160],
        size=given.size,
    )
    kept.file.save(kept.name, given, save=False)
    kept.save()
    return JsonResponse({"key": str(kept.key), "name": kept.name, "size": kept.size, "type": kept.content_type})


def show(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """A file; DELETE drops one of the agent's own that no message has taken yet."""
    kept = get_object_or_404(_seen_by(request), key=key)
    if request.method == "DELETE":
        return _dropped(request, kept)
    is_shown = "show" in request.GET and kept.content_type.startswith(SHOWN)
    response = FileResponse(
        kept.file.open("rb"),
        as_attachment=not is_shown,
        filename=kept.name,
        content_type=kept.content_type if is_shown else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
    response["Cache-Control"] = f"private, max-age={WEEK}, immutable"
    return response


def _dropped(request: HttpRequest, kept: Attachment) -> HttpResponse:
    if kept.message_id is None and kept.uploaded_by_id == agent_of(request).pk:
        kept.file.delete(save=False)
        kept.delete()
    return HttpResponse(status=204)


def _seen_by(request: HttpRequest) -> Any:
    """Files of messages that the agent may see, and the agent's own that wait for a message."""
    seen = Conversation.objects.visible_to(agent_of(request))
    theirs = Q(message__conversation__in=seen) | Q(message=None, uploaded_by=agent_of(request))
    return Attachment.objects.filter(theirs).exclude(file="")
