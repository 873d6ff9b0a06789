"""The channels of the desk: which there are, how they are, what was entered for them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app import connectors
from channels_app.access import admins_only
from channels_app.forms import ChannelForms
from channels_app.models import Channel
from channels_app.views import care


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    """Every channel with its health, and the kinds one can connect."""
    kinds = [(kind, made) for kind, made in connectors.kinds().items() if made.settings_form()]
    channels = Channel.objects.filter(kind__in=connectors.REGISTRY)
    return render(request, "channels_app/list.html", {"channels": channels, "kinds": kinds})


@require_http_methods(["GET", "POST"])
@admins_only
def create(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect an account of one kind."""
    care.class_of(kind)
    entered = ChannelForms(Channel(kind=kind), request.POST or None)
    if request.method == "POST" and entered.is_valid():
        channel = entered.save()
        care.prove(request, channel)
        return redirect("channels:show", channel.pk)
    return _page(request, entered)


@require_http_methods(["GET", "POST"])
@admins_only
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One channel: what was entered, what to hand over, how it is."""
    entered = ChannelForms(care.channel_of(pk), request.POST or None)
    if request.method == "POST" and entered.is_valid():
        care.prove(request, entered.save())
        return redirect("channels:show", pk)
    return _page(request, entered)


@require_POST
@admins_only
def enabled(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a channel on or off; what it has received stays."""
    is_enabled = request.POST.get("enabled") == "1"
    Channel.objects.filter(pk=care.channel_of(pk).pk).update(is_enabled=is_enabled, lease_holder="", leased_until=None)
    messages.success(request, _("The channel is on.") if is_enabled else _("The channel is off."))
    return redirect("channels:show", pk)


def _page(request: HttpRequest, entered: ChannelForms) -> HttpResponse:
    channel = entered.channel
    context = {"channel": channel, "entered": entered, **(care.context_of(channel) if channel.pk else {})}
    has_errors = entered.name.errors or (entered.settings is not None and entered.settings.errors)
    return render(request, "channels_app/channel.html", context, status=422 if has_errors else 200)
