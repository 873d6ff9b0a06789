"""How a channel fares: what failed by class, what waits, and a test message. A card on the channel's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from channels_app.access import admins_only
from channels_app.contract import DeliveryError, Trouble
from channels_app.models import Channel, Envelope
from channels_app.views.care import reason
from conversations.actions import trying
from conversations.models import Delivery

LOOKS_BACK = timedelta(days=7)
WORDS = {
    Trouble.AUTH: gettext_lazy("Access refused"),
    Trouble.WINDOW: gettext_lazy("Time for an answer was over"),
    Trouble.RECIPIENT: gettext_lazy("Customer not reachable"),
    Trouble.PAYLOAD: gettext_lazy("Content refused"),
    Trouble.RATE: gettext_lazy("Too many at once"),
    Trouble.TRANSIENT: gettext_lazy("Provider did not answer"),
}


@dataclass(frozen=True)
class Failed:
    """So many sends failed for one class of reason."""

    words: str
    count: int


@require_safe
@admins_only
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The card."""
    channel = get_object_or_404(Channel, pk=pk)
    context = {
        "channel": channel,
        "failed": _failed(channel),
        "waiting": Delivery.objects.due().filter(channel=channel).count(),
        "quarantined": channel.envelopes.filter(state=Envelope.State.QUARANTINED).count(),
        "testers": trying.testers(channel),
        "can_start": channel.connector.capabilities.can_start,
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    return render(request, f"channels_app/{'_health_card' if is_fragment else 'health'}.html", context)


def _failed(channel: Channel) -> list[Failed]:
    counted = Delivery.objects.troubles(channel, timezone.now() - LOOKS_BACK)
    most_first = sorted(counted.items(), key=lambda one: -one[1])
    return [Failed(str(WORDS.get(Trouble(trouble), trouble)), count) for trouble, count in most_first]


@require_POST
@admins_only
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message by the way that customers' answers take."""
    channel = get_object_or_404(Channel, pk=pk)
    to = request.POST.get("identity") or request.POST.get("to") or request.user.email  # type: ignore[union-attr]
    try:
        trying.send_test(channel, to)
    except DeliveryError as failure:
        messages.error(request, _("The test message was not sent: %(reason)s") % {"reason": reason(failure)})
    else:
        messages.success(request, _("The test message is on its way."))
    return redirect("channels:show", pk)
