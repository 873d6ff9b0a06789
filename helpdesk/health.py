"""`/healthz`: this process answers. `/readyz`: what it needs answers too, and how far the work is behind.

A middleware above all others: no session, no host check (probes come by address) and no page rendering is involved.
"""

import logging
from collections.abc import Callable
from datetime import datetime

import dramatiq
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from channels_app.models import Channel, Envelope
from conversations.live import bus
from conversations.models import Delivery
from helpdesk import broker

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers the two addresses and passes everything else on."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> JsonResponse:
    """200 when database, broker and bus work, else 503; lag is told but does not make a process unready."""
    states = {name: _state(name, check) for name, check in CHECKS.items()}
    report: dict[str, object] = dict(states)
    if states["database"] == "ok":
        report["lag"] = lag()
    is_ready = all(state == "ok" for state in states.values())
    response = JsonResponse({"ready": is_ready, **report}, status=200 if is_ready else 503)
    response["Cache-Control"] = "no-store"
    return response


def _state(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except Exception:  # whatever the engine's driver raises means the same: not ready
        logger.exception("ready.failed", extra={"part": name})
        return "failed"
    return "ok"


def check_database() -> None:
    """Raise DatabaseError unless a query is answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker() -> None:
    """Raise the engine's error unless the queue answers."""
    broker.waiting(dramatiq.get_broker())


CHECKS: dict[str, Callable[[], object]] = {"database": check_database, "broker": check_broker, "bus": bus.probe}


def lag() -> dict[str, float | int]:
    """Return how far each kind of work is behind: seconds since the oldest was due, and how many wait."""
    deliveries, envelopes = Delivery.objects.due(), Envelope.objects.due()
    polled = Channel.objects.enabled().exclude(last_checked_at=None)
    return {
        "deliveries": deliveries.count(),
        "deliveries_seconds": _age(deliveries.aggregate(at=Min("not_before"))["at"]),
        "envelopes": envelopes.count(),
        "envelopes_seconds": _age(envelopes.aggregate(at=Min("received_at"))["at"]),
        "mailboxes_seconds": _age(polled.aggregate(at=Min("last_checked_at"))["at"]),
        "mailboxes_failing": Channel.objects.enabled().filter(state=Channel.State.FAILING).count(),
    }


def _age(moment: datetime | None) -> float:
    return round(max(0.0, (timezone.now() - moment).total_seconds()), 1) if moment else 0.0


@register(Tags.database)
def bus_works(app_configs: object, databases: object = None, **kwargs: object) -> list[CheckMessage]:
    """Run by `manage.py migrate` and `manage.py check --database default`: live updates must come round."""
    try:
        bus.probe()
    except (bus.BusLost, DatabaseError) as lost:
        return [Error(f"Live updates do not work: {lost}", hint="Check REDIS_URL, or unset it.", id="helpdesk.E001")]
    return []
