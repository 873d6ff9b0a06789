"""What Vonage asks and tells during a call (Nexmo/nexmo-developer, voice/webhook-reference.md).

All ends of a call share its conversation; what was asked for under a path of ours comes back under that path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from channels_app.connectors import phone, tolerant
from channels_app.contract import (
    Address,
    CallState,
    CallUpdate,
    FileRole,
    Inbound,
    ReceivedEnvelope,
    RemoteFile,
)
from channels_app.voice.flow import Flow
from channels_app.voice.steps import Heard, asks_for_call_back, chosen_option, step_at

STATES = {
    "started": CallState.RINGING,
    "ringing": CallState.RINGING,
    "completed": CallState.COMPLETED,
    "busy": CallState.MISSED,
    "cancelled": CallState.MISSED,
    "unanswered": CallState.MISSED,
    "rejected": CallState.MISSED,
    "timeout": CallState.MISSED,
    "failed": CallState.FAILED,
}
ANSWERED = "answered"
NOT_REACHED = frozenset({"busy", "cancelled", "unanswered", "rejected", "timeout", "failed"})
RUNG = "rung"


@dataclass(frozen=True)
class Asked:
    """One request of Vonage's."""

    said: Mapping[str, Any]
    path: str
    at: datetime

    @property
    def call_id(self) -> str:
        return tolerant.text(self.said, "conversation_uuid")

    @property
    def about(self) -> str:
        return self.path.strip("/").partition("/")[0]

    @property
    def rest(self) -> str:
        return self.path.strip("/").partition("/")[2]

    @property
    def key(self) -> str:
        """Our own name of a call that we placed, which stands in the addresses we gave for it."""
        return self.rest if self.about in ("status", "leg", "bridge") else ""

    @property
    def status(self) -> str:
        return tolerant.text(self.said, "status")

    @property
    def is_of_a_leg(self) -> bool:
        """News of an agent who is rung: nothing is asked, unless the agent was not reached."""
        return self.about == "step" and step_at(self.path).name == RUNG and bool(self.status)

    @property
    def caller(self) -> Address:
        number = tolerant.text(self.said, "from")
        if phone.is_withheld(number):
            return Address(phone.KIND, f"anonymous:{self.call_id}", is_local=True)
        return phone.received(number, is_verified=False)

    @property
    def heard(self) -> Heard:
        number = tolerant.text(self.said, "from")
        spoken = tolerant.items(self.said, "speech", "results")
        digits = tolerant.obj(self.said, "dtmf")
        return Heard(
            self.caller,
            self.call_id,
            tolerant.text(digits, "digits"),
            tolerant.text(spoken[0], "text") if spoken else "",
            # Only where a call begins does Vonage name its caller for certain.
            is_withheld=self.about == "" and phone.is_withheld(number),
        )


def asked(envelope: ReceivedEnvelope) -> Asked:
    """By POST as JSON; a GET, where the application says so, has it in the query."""
    said = tolerant.peek(envelope.body) if envelope.body else dict(parse_qsl(envelope.query))
    return Asked(said, envelope.path, envelope.received_at)


def key_of(envelope: ReceivedEnvelope) -> str:
    """Each place is asked for once in a call; each end has each status once."""
    request = asked(envelope)
    named = [tolerant.text(request.said, name) for name in ("uuid", "status", "recording_uuid")]
    return ":".join([request.call_id, request.path, *named])[:200] if request.call_id else ""


def understand(envelope: ReceivedEnvelope, flow: Flow) -> list[Inbound]:
    """News of the call that a request brings; nothing for what is none."""
    request = asked(envelope)
    if not request.call_id:
        return []
    if request.is_of_a_leg:
        return _agent(request)
    if request.about in ("", "step"):
        return [_asked_next(request, flow)]
    update = TELLS.get(request.about, lambda _request: None)(request)
    return [update] if update is not None else []


def _agent(request: Asked) -> list[Inbound]:
    """An agent who is rung picks up, or does not."""
    if request.status != ANSWERED:
        return []
    to = tolerant.text(request.said, "to")
    return [CallUpdate(request.call_id, state=CallState.IN_PROGRESS, at=_at(request), answered_by=to)]


def _asked_next(request: Asked, flow: Flow) -> CallUpdate:
    step, heard = step_at(request.path), request.heard
    option = chosen_option(flow, heard, step.language) if step.name == "menu" else None
    is_start = step.name == "start"
    return CallUpdate(
        request.call_id,
        request.caller if is_start and "from" in request.said else None,
        CallState.RINGING if is_start else None,
        at=_at(request),
        wants_call_back=asks_for_call_back(step, heard),
        chosen=flow.said(option.title, flow.language) if option else "",
    )


def _status(request: Asked) -> CallUpdate | None:
    """The call as a whole; of one that we placed this end is the agent's."""
    is_inbound = tolerant.text(request.said, "direction") != "outbound"
    state, is_answered = STATES.get(request.status), request.status == ANSWERED
    if state is None and not is_answered:
        return None
    return CallUpdate(
        request.call_id,
        request.caller if is_inbound and "from" in request.said else None,
        state,
        is_inbound=is_inbound,
        key=request.key,
        at=_at(request),
        duration=tolerant.whole(request.said, "duration") or None,
        answered_by=tolerant.text(request.said, "to") if is_answered and not is_inbound else "",
        code=request.status if request.status in NOT_REACHED else "",
    )


def _leg(request: Asked) -> CallUpdate | None:
    """The customer's end of a call that we placed."""
    is_answered = request.status == ANSWERED
    if not is_answered and request.status not in NOT_REACHED:
        return None
    return CallUpdate(
        request.call_id,
        state=CallState.IN_PROGRESS if is_answered else None,
        is_inbound=False,
        key=request.key,
        at=_at(request),
        answered_by=tolerant.text(request.said, "to") if is_answered else "",
        code="" if is_answered else request.status,
    )


def _bridged(request: Asked) -> CallUpdate:
    return CallUpdate(request.call_id, is_inbound=False, key=request.key, at=_at(request))


def _recording(request: Asked) -> CallUpdate | None:
    url = tolerant.text(request.said, "recording_url")
    if not url:
        return None
    began, ended = tolerant.iso(request.said, "start_time"), tolerant.iso(request.said, "end_time")
    seconds = round((ended - began).total_seconds()) if began and ended and ended > began else 0
    name = f"{tolerant.text(request.said, 'recording_uuid') or 'recording'}.mp3"
    size = tolerant.whole(request.said, "size")
    file = RemoteFile(name, "audio/mpeg", url=url, size=size, seconds=seconds, role=FileRole.RECORDING)
    return CallUpdate(request.call_id, at=_at(request), recording=file, is_voicemail=request.about == "voicemail")


def _at(request: Asked) -> datetime:
    return tolerant.iso(request.said, "timestamp") or request.at


TELLS = {"status": _status, "leg": _leg, "bridge": _bridged, "recording": _recording, "voicemail": _recording}
