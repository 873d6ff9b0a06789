"""Letting us into an account by the provider's consent page (OAuth 2, authorisation code)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.access import admins_only
from channels_app.contract import DeliveryError
from channels_app.models import Channel

SALT = "channels.consent"
STATE_SECONDS = 900


@require_POST
@admins_only
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the provider's page; the state that comes back is signed for this admin and this channel."""
    channel = get_object_or_404(Channel, pk=pk)
    state = signing.dumps({"channel": pk, "agent": request.user.pk}, salt=SALT, compress=True)
    url = channel.connector.consent_url(redirect_uri=_redirect_uri(), state=state)
    return redirect(url) if url else redirect("channels:show", pk)


@require_safe
@admins_only
def finish(request: HttpRequest) -> HttpResponse:
    """Take the code that the provider sent the admin back with."""
    try:
        state = signing.loads(request.GET.get("state", ""), salt=SALT, max_age=STATE_SECONDS)
    except signing.BadSignature:
        return HttpResponseBadRequest(_("This page has expired. Start again in the channel's settings."))
    if state["agent"] != request.user.pk:
        return HttpResponseBadRequest(_("This page has expired. Start again in the channel's settings."))
    channel = get_object_or_404(Channel, pk=state["channel"])
    try:
        channel.connector.take_consent(code=request.GET.get("code", ""), redirect_uri=_redirect_uri())
    except DeliveryError as failure:
        messages.error(request, _("The provider did not let us in: %(reason)s") % {"reason": failure.advice or failure})
    else:
        messages.success(request, _("The provider lets us in."))
    return redirect("channels:show", channel.pk)


def _redirect_uri() -> str:
    return settings.PUBLIC_URL + reverse("channels:consent")
