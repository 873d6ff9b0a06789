"""Work that is slow, retried or due by the clock: fetch by id, call one action. Each is safe to run twice."""

from __future__ import annotations

import dramatiq

from channels_app import templates
from channels_app.models import Channel, Envelope
from conversations import polling
from conversations.actions import (
    adopting,
    calling,
    calls,
    delivery,
    fetching,
    following,
    fragments,
    inbound,
    knowing,
    laddering,
    orphans,
    reacting,
    rooms,
    state,
    tending,
    visiting,
)
from conversations.models import Message
from customers.models import Identity

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


@dramatiq.actor(max_retries=0)
def fetch_file(pk: int) -> None:
    """Fetch one file that came as an address, if it is due."""
    fetching.fetch_file(pk)


@dramatiq.actor(every_seconds=15)
def sweep_files() -> None:
    """Fetch what is due and nobody was woken for."""
    for pk in fetching.due(SWEEP_SIZE):
        fetching.fetch_file(pk)


@dramatiq.actor(max_retries=3)
def fetch_picture(identity: int, channel: int, url: str, reference: str) -> None:
    """Fetch a customer's picture."""
    held, through = Identity.objects.get(pk=identity), Channel.objects.get(pk=channel)
    knowing.fetch_picture(held, through, url=url, reference=reference)


@dramatiq.actor(max_retries=0)
def fetch_profile(channel: int, identity: int) -> None:
    """Ask the provider who a stranger is, once."""
    knowing.ask_for_profile(Channel.objects.get(pk=channel), Identity.objects.get(pk=identity))


@dramatiq.actor(max_retries=0)
def drain(pk: int) -> None:
    """Fetch what a channel was summoned for."""
    polling.drain(pk)


@dramatiq.actor(every_seconds=15)
def sweep_summonses() -> None:
    """Fetch what nobody was woken for, or what has to be tried again."""
    polling.drain_due()


@dramatiq.actor(max_retries=0)
def send_reaction(pk: int) -> None:
    """Tell the provider which emoji the desk has put on a message."""
    reacting.send_reaction(Message.objects.select_related("channel", "identity").get(pk=pk))


@dramatiq.actor(max_retries=0)
def mark_read(pk: int) -> None:
    """Let a customer see that their messages were read."""
    tending.mark_read(pk)


@dramatiq.actor(max_retries=0)
def end_session(pk: int) -> None:
    """Close a provider's session whose conversation was resolved."""
    tending.end_session(pk)


@dramatiq.actor(max_retries=0)
def show_typing(pk: int) -> None:
    """Let a customer see that somebody writes."""
    tending.show_typing(pk)


@dramatiq.actor(every_seconds=6 * 3600)
def sync_templates() -> None:
    """Ask every provider which texts it has approved."""
    templates.sync_all()


@dramatiq.actor(every_seconds=15)
def join_missed_orphans() -> None:
    """Join what came at the very moment its message was being stored."""
    adopting.join_missed()


@dramatiq.actor(every_seconds=3600)
def drop_old_orphans() -> None:
    """Forget news of messages that nobody has."""
    orphans.drop_old()


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


@dramatiq.actor(every_seconds=60)
def release_fragments() -> None:
    """Show messages in pieces of which the last ones do not come."""
    fragments.release_overdue()


@dramatiq.actor(max_retries=0)
def place_call(pk: int) -> None:
    """Let an agent's telephone ring, and then a customer's."""
    calling.place(pk)


@dramatiq.actor(every_seconds=60)
def end_forgotten_calls() -> None:
    """End calls that nobody placed, or of whose end nobody told us."""
    calling.fail_unplaced()
    calls.end_forgotten()
    rooms.end_overdue()
