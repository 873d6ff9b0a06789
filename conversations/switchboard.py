"""What the desk tells a connector while a caller waits on the line (contract/calls.py); reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Max, QuerySet
from django.utils import timezone

from agents.models import Team, User
from channels_app.contract import Address
from channels_app.models import Channel
from conversations.actions.knowing import known_identity
from conversations.actions.placing import intake_of
from conversations.hours import opening
from conversations.models import Call, Conversation

MOST_PHONES = 20


class Switchboard:
    """The desk, as one channel's calls see it."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def is_open(self) -> bool:
        return opening(intake_of(self.channel).hours).is_open

    def phones(self, call_id: str) -> Sequence[str]:
        call = self._call(call_id)
        conversation = call.message.conversation if call else None
        team = conversation.team if conversation else intake_of(self.channel).team
        ready = list(ready_agents(team)[:MOST_PHONES])
        owner = conversation.assignee_id if conversation else None
        # Whoever knows the matter first; among the others, whoever has not spoken for longest.
        return [agent.phone for agent in sorted(ready, key=lambda agent: agent.pk != owner)]

    def position(self, call_id: str) -> int:
        call = self._call(call_id)
        waiting = Call.objects.waiting().filter(channel=self.channel)
        return 1 + waiting.filter(started_at__lt=call.started_at).count() if call else 1

    def waited(self, call_id: str) -> timedelta:
        call = self._call(call_id)
        return timezone.now() - call.started_at if call else timedelta()

    def language(self, address: Address) -> str:
        identity = known_identity(self.channel, address)
        return identity.customer.language if identity else ""

    def customer_number(self, key: str) -> str:
        call = Call.objects.filter(key=UUID(key), channel=self.channel).first() if _is_key(key) else None
        is_wanted = call is not None and call.direction == Call.Direction.OUTBOUND and call.is_live
        return call.number if call is not None and is_wanted else ""

    def _call(self, call_id: str) -> Call | None:
        calls = Call.objects.filter(channel=self.channel, external_id=call_id)
        return calls.select_related("message__conversation__team").first()


def ready_agents(team: Team | None) -> QuerySet[User]:
    """Agents whose telephone may ring now: available, and not speaking; whoever spoke longest ago comes first."""
    agents = User.objects.answering().filter(availability=User.Availability.ONLINE).exclude(phone="")
    if team is not None:
        agents = agents.filter(teams=team)
    busy = Call.objects.filter(state=Call.State.IN_PROGRESS, agent__isnull=False).live().values("agent")
    spoke = agents.exclude(pk__in=busy).annotate(spoke_at=Max("calls__started_at"))
    return spoke.order_by(F("spoke_at").asc(nulls_first=True), "pk")


def listeners(conversation: Conversation) -> list[int]:
    """The agents to whom a call in this conversation is announced: its team's, or everybody; by their numbers."""
    agents = User.objects.answering()
    if conversation.team_id is not None:
        agents = agents.filter(teams=conversation.team_id)
    return [*agents.values_list("pk", flat=True)[:200]]


def voice_channel() -> Channel | None:
    """The number by which the desk calls; None where there is none that works."""
    usable = Channel.objects.enabled().exclude(state=Channel.State.PAUSED)
    return next((channel for channel in usable if channel.connector.capabilities.is_voice), None)


def _is_key(key: str) -> bool:
    try:
        return UUID(key).hex == key.replace("-", "")
    except ValueError:
        return False
