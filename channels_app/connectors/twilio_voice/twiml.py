"""Plain actions as TwiML. Callbacks are absolute addresses below the hook, so that each says what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from channels_app.voice.steps import Action, Ask, Go, HangUp, Ring, Say, TakeMessage
from channels_app.voice.words import call_waits, connecting, locale

# Twilio's own limits: of a text (recall), of numbers rung at once.
MOST_CHARACTERS = 4000
MOST_NUMBERS = 10
ACCEPT_KEY = "1"


@dataclass(frozen=True)
class Script:
    """Writes answers for one channel's hook."""

    hook: str

    def actions(self, actions: Iterable[Action]) -> bytes:
        """What a caller hears and does next."""
        response = Element("Response")
        for action in actions:
            self._add(response, action)
        return _written(response)

    def whisper(self, language: str) -> bytes:
        """Whoever picks up an agent's telephone has to press a key: an answering machine does not."""
        response = Element("Response")
        gather = SubElement(response, "Gather", input="dtmf", numDigits="1", timeout="8", method="POST")
        gather.set("action", f"{self.hook}accept/{language or '-'}/")
        _say(gather, call_waits(language), language)
        SubElement(response, "Hangup")
        return _written(response)

    def accepted(self, is_accepted: bool) -> bytes:
        """An empty script joins the two ends."""
        response = Element("Response")
        if not is_accepted:
            SubElement(response, "Hangup")
        return _written(response)

    def bridge(self, key: str, number: str, *, sender: str, language: str, records: bool) -> bytes:
        """An agent has picked up: now ring the customer."""
        response = Element("Response")
        if not number:
            SubElement(response, "Hangup")
            return _written(response)
        _say(response, connecting(language), language)
        dial = SubElement(response, "Dial", callerId=sender, timeout="30", answerOnBridge="true")
        dial.attrib.update(self._recorded(records))
        leg = SubElement(dial, "Number", statusCallback=f"{self.hook}leg/{key}/", statusCallbackMethod="POST")
        leg.set("statusCallbackEvent", "answered completed")
        leg.text = number
        return _written(response)

    def _add(self, response: Element, action: Action) -> None:
        match action:
            case Say():
                _say(response, action.text, action.language)
            case Ask():
                self._ask(response, action)
            case Ring():
                self._ring(response, action)
            case TakeMessage():
                self._take_message(response, action)
            case Go():
                SubElement(response, "Redirect", method="POST").text = self.hook + action.to.path
            case HangUp():
                SubElement(response, "Hangup")

    def _ask(self, response: Element, ask: Ask) -> None:
        """With music, Twilio begins to count when it has ended; without, a pause takes its place."""
        gather = SubElement(
            response,
            "Gather",
            input="dtmf speech" if ask.hints else "dtmf",
            numDigits="1",
            timeout="5" if ask.music else str(ask.seconds),
            action=self.hook + ask.to.path,
            method="POST",
            actionOnEmptyResult="true",
            language=locale(ask.language),
        )
        if ask.hints:
            gather.set("hints", ", ".join(ask.hints))
            gather.set("speechTimeout", "auto")
        _say(gather, ask.text, ask.language)
        if ask.music:
            SubElement(gather, "Play").text = ask.music

    def _ring(self, response: Element, ring: Ring) -> None:
        dial = SubElement(response, "Dial", timeout=str(ring.seconds), action=self.hook + ring.to.path, method="POST")
        dial.set("answerOnBridge", "true")
        dial.attrib.update(self._recorded(ring.records))
        for number in ring.numbers[:MOST_NUMBERS]:
            leg = SubElement(dial, "Number", url=f"{self.hook}whisper/{ring.language}/", method="POST")
            leg.text = number

    def _recorded(self, records: bool) -> dict[str, str]:
        if not records:
            return {}
        return {
            "record": "record-from-answer-dual",
            "recordingStatusCallback": f"{self.hook}recording/",
            "recordingStatusCallbackEvent": "completed",
        }

    def _take_message(self, response: Element, take: TakeMessage) -> None:
        SubElement(
            response,
            "Record",
            action=self.hook + take.to.path,
            method="POST",
            maxLength=str(take.seconds),
            timeout="5",
            finishOnKey="#",
            playBeep="true",
            recordingStatusCallback=f"{self.hook}voicemail/",
            recordingStatusCallbackEvent="completed",
        )


def _say(parent: Element, text: str, language: str) -> None:
    if text:
        SubElement(parent, "Say", language=locale(language)).text = text[:MOST_CHARACTERS]


def _written(response: Element) -> bytes:
    return tostring(response, encoding="UTF-8", xml_declaration=True)
