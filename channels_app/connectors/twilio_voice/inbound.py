"""What Twilio asks and tells during a call. The path below the hook says what a request is about; names: recall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from channels_app.connectors import phone
from channels_app.connectors.twilio.inbound import Said, parameters
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
    "queued": CallState.RINGING,
    "initiated": CallState.RINGING,
    "ringing": CallState.RINGING,
    "completed": CallState.COMPLETED,
    "busy": CallState.MISSED,
    "no-answer": CallState.MISSED,
    "canceled": CallState.MISSED,
    "failed": CallState.FAILED,
}
ANSWERED = "in-progress"
# Twilio tried the caller's number with the network that owns it, and it was right (STIR/SHAKEN, level A).
PROVEN_CALLER = "TN-Validation-Passed-A"


@dataclass(frozen=True)
class Asked:
    """One request of Twilio's."""

    said: Said
    path: str
    at: datetime

    @property
    def sid(self) -> str:
        return self.said.get("CallSid", "")

    @property
    def whole_call(self) -> str:
        """The customer's call, also where the request is about one end of it."""
        return self.said.get("ParentCallSid") or self.sid

    @property
    def about(self) -> str:
        return self.path.strip("/").partition("/")[0]

    @property
    def key(self) -> str:
        """Our own name of a call that we placed, which stands in the addresses we gave for it."""
        return self.path.strip("/").partition("/")[2] if self.about in ("status", "leg", "bridge") else ""

    @property
    def caller(self) -> Address:
        return caller(self.said)

    @property
    def heard(self) -> Heard:
        said = self.said
        was_answered = said.get("DialCallStatus") in ("completed", "answered")
        return Heard(
            self.caller,
            self.sid,
            said.get("Digits", ""),
            said.get("SpeechResult", ""),
            was_answered,
            phone.is_withheld(said.get("From", "")),
        )


def asked(envelope: ReceivedEnvelope) -> Asked:
    return Asked(parameters(envelope), envelope.path, envelope.received_at)


def key_of(envelope: ReceivedEnvelope) -> str:
    """Each place is asked for once in a call; what is told has a status or a number of its own."""
    request = asked(envelope)
    told = [request.said.get(name, "") for name in ("CallStatus", "SequenceNumber", "RecordingSid")]
    return ":".join([request.sid, request.path, *told])[:200] if request.sid else ""


def caller(said: Said) -> Address:
    """Whoever calls; somebody who hides their number is a stranger each time."""
    number = said.get("From", "")
    if phone.is_withheld(number):
        return Address(phone.KIND, f"anonymous:{said.get('CallSid', '')}", is_local=True)
    is_proven = said.get("StirVerstat") == PROVEN_CALLER
    return phone.received(number.rpartition(":")[2], name=said.get("CallerName", ""), is_verified=is_proven)


def understand(envelope: ReceivedEnvelope, flow: Flow) -> list[Inbound]:
    """News of the call that a request brings; nothing for what is none."""
    request = asked(envelope)
    if not request.sid:
        return []
    if request.about in ("", "step"):
        return [_asked_next(request, flow)]
    update = TELLS.get(request.about, lambda _request: None)(request)
    return [update] if update is not None else []


def _asked_next(request: Asked, flow: Flow) -> CallUpdate:
    step, heard = step_at(request.path), request.heard
    option = chosen_option(flow, heard, step.language) if step.name == "menu" else None
    return CallUpdate(
        request.sid,
        request.caller,
        CallState.RINGING if step.name == "start" else None,
        at=request.at,
        wants_call_back=asks_for_call_back(step, heard),
        chosen=flow.said(option.title, flow.language) if option else "",
    )


def _status(request: Asked) -> CallUpdate | None:
    """The call as a whole. Of one that we placed, this end is the agent's."""
    said = request.said
    is_inbound = not said.get("Direction", "inbound").startswith("outbound")
    state, status = STATES.get(said.get("CallStatus", "")), said.get("CallStatus", "")
    if state is None and status != ANSWERED:
        return None
    return CallUpdate(
        request.sid,
        request.caller if is_inbound else None,
        state,
        is_inbound=is_inbound,
        key=request.key,
        at=request.at,
        duration=_seconds(said.get("CallDuration", "")),
        answered_by=said.get("To", "") if status == ANSWERED and not is_inbound else "",
        code=status if state in (CallState.MISSED, CallState.FAILED) else "",
    )


def _leg(request: Asked) -> CallUpdate | None:
    """The customer's end of a call that we placed."""
    status = request.said.get("CallStatus", "")
    is_answered = status == ANSWERED
    if not is_answered and STATES.get(status) not in (CallState.MISSED, CallState.FAILED):
        return None
    return CallUpdate(
        request.whole_call,
        state=CallState.IN_PROGRESS if is_answered else None,
        is_inbound=False,
        key=request.key,
        at=request.at,
        answered_by=request.said.get("To", "") if is_answered else "",
        code="" if is_answered else status,
    )


def _bridged(request: Asked) -> CallUpdate:
    """An agent's telephone was picked up; from now on we know what Twilio calls the call."""
    return CallUpdate(request.sid, is_inbound=False, key=request.key, at=request.at)


def _accepted(request: Asked) -> CallUpdate | None:
    """An agent has pressed the key."""
    if request.said.get("Digits") != "1":
        return None
    to = request.said.get("To", "")
    return CallUpdate(request.whole_call, state=CallState.IN_PROGRESS, at=request.at, answered_by=to)


def _recording(request: Asked) -> CallUpdate | None:
    said = request.said
    url = said.get("RecordingUrl", "")
    if not url or said.get("RecordingStatus", "completed") != "completed":
        return None
    seconds = _seconds(said.get("RecordingDuration", "")) or 0
    name = f"{said.get('RecordingSid') or 'recording'}.mp3"
    file = RemoteFile(name, "audio/mpeg", url=f"{url}.mp3", seconds=seconds, role=FileRole.RECORDING)
    return CallUpdate(request.sid, at=request.at, recording=file, is_voicemail=request.about == "voicemail")


def _transcript(request: Asked) -> CallUpdate | None:
    text = request.said.get("TranscriptionText", "")
    return CallUpdate(request.sid, at=request.at, transcript=text) if text else None


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


TELLS = {
    "status": _status,
    "leg": _leg,
    "bridge": _bridged,
    "accept": _accepted,
    "recording": _recording,
    "voicemail": _recording,
    "transcript": _transcript,
}
