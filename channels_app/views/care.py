"""Connecting an account step by step, and looking after it: prove it, tell the provider where we are, drop an old secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from channels_app import connectors, rotation, templates
from channels_app.access import admins_only
from channels_app.contract import Connector, DeliveryError
from channels_app.models import Channel


@require_POST
@admins_only
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the provider whether it lets us in."""
    prove(request, channel_of(pk))
    return redirect("channels:show", pk)


@require_POST
@admins_only
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the provider by its own interface where to deliver."""
    channel = channel_of(pk)
    try:
        channel.connector.register()
    except DeliveryError as failure:
        messages.error(request, _("The provider did not take our address: %(reason)s") % {"reason": reason(failure)})
    else:
        messages.success(request, _("The provider now delivers to this desk."))
    return redirect("channels:show", pk)


@require_POST
@admins_only
def forget_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the new secret alone from now on."""
    if rotation.forget_previous(channel_of(pk), request.POST.get("name", "")):
        messages.success(request, _("Only the new secret is accepted now."))
    return redirect("channels:show", pk)


@require_POST
@admins_only
def fetch_templates(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the provider which texts it has approved."""
    try:
        count = templates.sync(channel_of(pk))
    except DeliveryError as failure:
        messages.error(request, _("The provider did not tell its texts: %(reason)s") % {"reason": reason(failure)})
    else:
        told = ngettext("%(count)d approved text is known.", "%(count)d approved texts are known.", count)
        messages.success(request, told % {"count": count})
    return redirect("channels:show", pk)


@require_safe
@admins_only
def setup(request: HttpRequest, pk: int) -> HttpResponse:
    """The steps that are left, asked for again until the first message is there."""
    channel = channel_of(pk)
    return render(request, "channels_app/_setup.html", {"channel": channel, **context_of(channel)})


def channel_of(pk: int) -> Channel:
    """The channel, where somebody speaks its kind; raises Http404."""
    return get_object_or_404(Channel.objects.filter(kind__in=connectors.REGISTRY), pk=pk)


def class_of(kind: str) -> type[Connector]:
    """A kind that can be connected in settings; raises Http404."""
    made = connectors.kinds().get(kind)
    if made is None or made.settings_form() is None:
        raise Http404(kind)
    return made


def prove(request: HttpRequest, channel: Channel) -> None:
    """Ask the provider, note on the channel what it said, tell the admin. A channel that works is no longer paused."""
    try:
        channel.connector.check()
    except DeliveryError as failure:
        state, error = Channel.State.FAILING, str(failure)[:2000]
        messages.error(request, _("Stored, but it does not work yet: %(reason)s") % {"reason": reason(failure)})
    else:
        state, error = Channel.State.OK, ""
        messages.success(request, _("Stored. The account works."))
    at = timezone.now() if error else None
    if error and channel.state == Channel.State.PAUSED:
        state = Channel.State.PAUSED  # what waits to be sent waits on
    Channel.objects.filter(pk=channel.pk).update(state=state, last_error=error, last_error_at=at)


def context_of(channel: Channel) -> dict[str, Any]:
    """What the cards beside the form show of a channel."""
    connector = channel.connector
    return {
        "handover": connector.handover(),
        "overview": connector.overview(),
        "needs_consent": bool(connector.consent_url(redirect_uri="", state="")),
        "can_register": type(connector).register is not Connector.register,
        "replaced": rotation.replaced(channel),
        "has_templates": connector.capabilities.has_templates,
        "approved": channel.templates.all() if connector.capabilities.has_templates else (),
        "is_unreachable": not connector.is_polled and _takes_hooks(connector) and not _is_public(settings.PUBLIC_URL),
        "public_url": settings.PUBLIC_URL,
    }


def _takes_hooks(connector: Connector) -> bool:
    return type(connector).authenticate is not Connector.authenticate


def _is_public(url: str) -> bool:
    """Whether a provider on the net could deliver to this address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host and not host.endswith((".local", ".localhost", ".internal"))


def reason(failure: DeliveryError) -> str:
    """What helps first: the advice, then the provider's own words."""
    return " ".join(filter(None, [str(failure.advice), f"({failure})" if str(failure) else ""]))
