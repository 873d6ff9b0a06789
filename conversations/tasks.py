"""Work that is slow, retried or due by the clock: fetch by id, call one action. Each is safe to run twice."""

from __future__ import annotations

import dramatiq

from channels_app.models import Envelope
from conversations.actions import delivery, following, inbound, laddering, receipts, state, visiting

SWEEP_SIZE = 200


@dramatiq.actor(max_retries=0)
def deliver(pk: int) -> None:
    """Send one delivery, if it is due."""
    delivery.deliver(pk)


@dramatiq.actor(max_retries=0)
def open_envelope(pk: int) -> None:
    """Try once more to understand an envelope."""
    inbound.open_envelope(Envelope.objects.select_related("channel__intake").get(pk=pk))


@dramatiq.actor(every_seconds=2)
def sweep_deliveries() -> None:
    """Send what is due and nobody was woken for; decide about what a dead worker left."""
    delivery.recover_abandoned()
    for pk in delivery.due(SWEEP_SIZE):
        delivery.deliver(pk)


@dramatiq.actor(every_seconds=15)
def sweep_envelopes() -> None:
    """Try again what is kept but not understood, oldest first; one that fails does not stop the next."""
    for pk in Envelope.objects.due().order_by("received_at").values_list("pk", flat=True)[:SWEEP_SIZE]:
        open_envelope(pk)


@dramatiq.actor(every_seconds=10)
def wake_snoozed() -> None:
    """Bring back what was snoozed until now."""
    state.wake_due()


@dramatiq.actor(every_seconds=3600)
def drop_old_orphans() -> None:
    """Forget receipts that belong to nobody."""
    receipts.drop_old_orphans()


@dramatiq.actor(every_seconds=15)
def follow_up_unread() -> None:
    """Send after customers who left what they have not read."""
    following.follow_up_due()


@dramatiq.actor(every_seconds=3600)
def forget_spent_tokens() -> None:
    """Forget hosts' tokens that have expired."""
    visiting.forget_spent_tokens()


@dramatiq.actor(every_seconds=10)
def climb_ladders() -> None:
    """Send on what stayed unread, or end plans that are no longer needed."""
    laddering.climb_due()
