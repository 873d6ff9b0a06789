"""Calls in words: what became of one, for how long, and what can still be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy

from conversations.models import Call
from conversations.sources import told

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

Outcome, State = Call.Outcome, Call.State

CALLED_US: dict[str, LazyText] = {
    State.REQUESTED: gettext_lazy("The customer wants to be called"),
    State.RINGING: gettext_lazy("The customer is calling"),
    State.IN_PROGRESS: gettext_lazy("On the phone"),
    State.COMPLETED: gettext_lazy("The customer called"),
    State.MISSED: gettext_lazy("Missed call"),
    State.FAILED: gettext_lazy("A call failed"),
}
WE_CALLED: dict[str, LazyText] = {
    State.RINGING: gettext_lazy("Calling the customer"),
    State.IN_PROGRESS: gettext_lazy("On the phone"),
    State.COMPLETED: gettext_lazy("Called the customer"),
    State.MISSED: gettext_lazy("The customer was not reached"),
    State.FAILED: gettext_lazy("The call was not connected"),
}
MET: dict[str, LazyText] = {
    State.RINGING: gettext_lazy("Video call: waiting for the customer"),
    State.IN_PROGRESS: gettext_lazy("Video call in progress"),
    State.COMPLETED: gettext_lazy("Video call ended"),
    State.MISSED: gettext_lazy("The customer did not come to the video call"),
    State.FAILED: gettext_lazy("Video call failed"),
}
# What says more than the state.
TELLING = (Outcome.VOICEMAIL, Outcome.CALL_BACK, Outcome.BUSY, Outcome.DECLINED)


def headline(call: Call) -> str:
    """What the call is, in a few words."""
    if call.medium == Call.Medium.VIDEO:
        return str(MET.get(call.state, ""))
    words = CALLED_US if call.direction == Call.Direction.INBOUND else WE_CALLED
    return str(words.get(call.state, ""))


def facts(call: Call) -> list[str]:
    """What else there is to know, each in a word or two."""
    found = [length(call.duration) if call.duration and call.answered_at else ""]
    if call.agent and call.direction == Call.Direction.INBOUND:
        found.append(call.agent.name)
    if call.outcome in TELLING:
        found.append(call.get_outcome_display())
    found.append(call.chosen)
    return [fact for fact in found if fact]


def length(seconds: int) -> str:
    """A length as people read it: 0:42, 12:05, 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def symbol(call: Call) -> str:
    """The symbol before a call."""
    return "video" if call.medium == Call.Medium.VIDEO else "phone"


def advice(call: Call) -> str:
    """What to do about a call that failed."""
    failed = call.state == State.FAILED or call.outcome == Outcome.FAILED
    return told(call.details.get("advice", "")) or (gettext("Try again in a moment.") if failed else "")
