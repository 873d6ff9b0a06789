"""The channels of the desk: their health, their settings, a test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app import connectors
from channels_app.contract import DeliveryError, OutboundMessage, PermanentFailure
from channels_app.forms import ChannelForms
from channels_app.models import Channel

View = Callable[..., HttpResponseBase]


def admins_only(view: View) -> View:
    """Let admins in and nobody else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_admin:  # type: ignore[union-attr]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    """Every channel with its health, and the kinds one can connect."""
    kinds = [(kind, made) for kind, made in connectors.kinds().items() if made.settings_form()]
    return render(request, "channels_app/list.html", {"channels": _known(), "kinds": kinds})


@require_http_methods(["GET", "POST"])
@admins_only
def create(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect an account of one kind."""
    made = connectors.kinds().get(kind)
    if made is None or made.settings_form() is None:
        raise Http404(kind)
    entered = ChannelForms(Channel(kind=kind), request.POST or None)
    if request.method == "POST" and entered.is_valid():
        channel = entered.save()
        _check(request, channel)
        return redirect("channels:show", channel.pk)
    return _page(request, entered)


@require_http_methods(["GET", "POST"])
@admins_only
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One channel: what was entered, what to hand over, how it is."""
    entered = ChannelForms(_channel(pk), request.POST or None)
    if request.method == "POST" and entered.is_valid():
        _check(request, entered.save())
        return redirect("channels:show", pk)
    return _page(request, entered)


@require_POST
@admins_only
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the provider whether it lets us in."""
    _check(request, _channel(pk))
    return redirect("channels:show", pk)


@require_POST
@admins_only
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message to the admin, by the way that customers' answers take."""
    channel = _channel(pk)
    try:
        _send_test(channel, request.user.email)  # type: ignore[union-attr]
    except DeliveryError as failure:
        messages.error(request, _("The test message was not sent: %(reason)s") % {"reason": _reason(failure)})
    else:
        to = request.user.email  # type: ignore[union-attr]
        messages.success(request, _("A test message is on its way to %(address)s.") % {"address": to})
    return redirect("channels:show", pk)


@require_POST
@admins_only
def enabled(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a channel on or off; what it has received stays."""
    is_enabled = request.POST.get("enabled") == "1"
    Channel.objects.filter(pk=_channel(pk).pk).update(is_enabled=is_enabled, lease_holder="", leased_until=None)
    messages.success(request, _("The channel is on.") if is_enabled else _("The channel is off."))
    return redirect("channels:show", pk)


def _known() -> QuerySet[Channel]:
    return Channel.objects.filter(kind__in=connectors.REGISTRY)


def _channel(pk: int) -> Channel:
    return get_object_or_404(_known(), pk=pk)


def _page(request: HttpRequest, entered: ChannelForms) -> HttpResponse:
    channel = entered.channel
    context = {
        "channel": channel,
        "entered": entered,
        "handover": channel.connector.handover() if channel.pk else (),
        "can_test": bool(channel.pk) and channel.connector.capabilities.can_start,
        "needs_consent": bool(channel.pk) and bool(channel.connector.consent_url(redirect_uri="", state="")),
    }
    has_errors = entered.name.errors or (entered.settings is not None and entered.settings.errors)
    return render(request, "channels_app/channel.html", context, status=422 if has_errors else 200)


def _check(request: HttpRequest, channel: Channel) -> None:
    try:
        channel.connector.check()
    except DeliveryError as failure:
        state, error = Channel.State.FAILING, str(failure)[:2000]
        messages.error(request, _("Stored, but it does not work yet: %(reason)s") % {"reason": _reason(failure)})
    else:
        state, error = Channel.State.OK, ""
        messages.success(request, _("Stored. The account works."))
    at = timezone.now() if error else None
    Channel.objects.filter(pk=channel.pk).update(state=state, last_error=error, last_error_at=at)


def _send_test(channel: Channel, to: str) -> None:
    connector = channel.connector
    try:
        address = connector.address_of(to)
    except ValueError as error:
        raise PermanentFailure(to, advice=_("Your own address cannot be reached by this channel.")) from error
    text = _("This is a test message of the channel “%(name)s”. If you can read it, answers reach your customers.")
    words = text % {"name": channel.name}
    connector.send(
        OutboundMessage(uuid.uuid4().hex, address, words, html="", subject=_("Test message"), is_automatic=True)
    )


def _reason(failure: DeliveryError) -> str:
    """What helps first: the advice, then the provider's own words."""
    return " ".join(filter(None, [str(failure.advice), f"({failure})" if str(failure) else ""]))
