"""Plain actions as NCCO, Vonage's list of call actions (models of vonage_voice 1.5.1; notify's answer: recall)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from channels_app.connectors import phone
from channels_app.voice.steps import Action, Ask, Go, Ring, Say, TakeMessage
from channels_app.voice.words import call_waits, connecting, locale

Ncco = list[dict[str, Any]]

MOST_CHARACTERS = 1500
# Vonage listens for keys no longer than this.
MOST_SECONDS = 10


@dataclass(frozen=True)
class Script:
    """Writes answers for one channel's hook."""

    hook: str
    sender: str

    def actions(self, actions: Iterable[Action]) -> Ncco:
        """What a caller hears and does next. To hang up is to have nothing more to do."""
        return [step for action in actions for step in self._steps(action)]

    def whisper(self, language: str) -> Ncco:
        """What an agent hears who picks up; Vonage joins the two ends afterwards, whatever is pressed."""
        return list(_talk(call_waits(language), language))

    def bridge(self, key: str, number: str, *, language: str, records: bool) -> Ncco:
        """An agent has picked up: now ring the customer."""
        if not number:
            return []
        dial = {
            "action": "connect",
            "from": phone.bare(self.sender),
            "timeout": 30,
            "eventUrl": [f"{self.hook}leg/{key}/"],
            "endpoint": [{"type": "phone", "number": phone.bare(number)}],
        }
        return [*_talk(connecting(language), language), *self._recorded(records), dial]

    def _steps(self, action: Action) -> Iterator[dict[str, Any]]:
        match action:
            case Say():
                yield from _talk(action.text, action.language)
            case Ask():
                yield from self._ask(action)
            case Ring():
                yield from self._ring(action)
            case TakeMessage():
                yield from self._take_message(action)
            case Go():
                yield self._go(action)

    def _ask(self, ask: Ask) -> Iterator[dict[str, Any]]:
        yield from _talk(ask.text, ask.language, bargeIn=True)
        if ask.music:
            yield {"action": "stream", "streamUrl": [ask.music], "bargeIn": True}
        listen: dict[str, Any] = {
            "action": "input",
            "type": ["dtmf", "speech"] if ask.hints else ["dtmf"],
            "dtmf": {"maxDigits": 1, "timeOut": min(ask.seconds, MOST_SECONDS)},
            "eventUrl": [self.hook + ask.to.path],
            "eventMethod": "POST",
        }
        if ask.hints:
            speech = {
                "language": locale(ask.language),
                "context": list(ask.hints),
                "endOnSilence": 1,
                "startTimeout": 5,
            }
            listen["speech"] = speech
        yield listen

    def _ring(self, ring: Ring) -> Iterator[dict[str, Any]]:
        """One at a time: an action takes exactly one endpoint. Its news comes to where the call goes on."""
        yield from self._recorded(ring.records)
        agent = {"type": "phone", "number": phone.bare(ring.numbers[0])}
        yield {
            "action": "connect",
            "from": phone.bare(self.sender),
            "timeout": ring.seconds,
            "eventType": "synchronous",
            "eventUrl": [self.hook + ring.to.path],
            "endpoint": [{**agent, "onAnswer": {"url": f"{self.hook}whisper/{ring.language}/"}}],
        }

    def _recorded(self, records: bool) -> Iterator[dict[str, Any]]:
        if records:
            yield {"action": "record", "format": "mp3", "eventUrl": [f"{self.hook}recording/"]}

    def _take_message(self, take: TakeMessage) -> Iterator[dict[str, Any]]:
        yield {
            "action": "record",
            "format": "mp3",
            "beepStart": True,
            "endOnSilence": 5,
            "endOnKey": "#",
            "timeOut": take.seconds,
            "eventUrl": [f"{self.hook}voicemail/"],
        }
        yield self._go(Go(take.to))

    def _go(self, go: Go) -> dict[str, Any]:
        return {"action": "notify", "payload": {"to": go.to.name}, "eventUrl": [self.hook + go.to.path]}


def _talk(text: str, language: str, **more: Any) -> Iterator[dict[str, Any]]:
    if text:
        yield {"action": "talk", "text": text[:MOST_CHARACTERS], "language": locale(language), **more}
