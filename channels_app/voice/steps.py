"""What comes next in a call: from a place in the flow and what the caller did to a few plain actions.

A place travels in the address that the provider calls next, so that a request that is repeated gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import translation
from django.utils.translation import gettext as _

from channels_app.contract import Address, CallDesk
from channels_app.voice.flow import CALL_BACK, HANG_UP, QUEUE, VOICEMAIL, Flow, Option

MOST_TRIES = 3
# A caller who waits hears music for so long before agents are rung again.
HOLD_SECONDS = 20
CALL_BACK_KEY = "1"
VOICEMAIL_KEY = "2"


@dataclass(frozen=True)
class Step:
    """A place in the flow: its name, the caller's language, how often they have been here."""

    name: str = "start"
    language: str = ""
    tries: int = 0

    @property
    def path(self) -> str:
        return f"step/{self.name}/{self.language or '-'}/{self.tries}/"


def step_at(path: str) -> Step:
    """The place that an address names; the beginning for any other."""
    parts = path.strip("/").split("/")
    if len(parts) != 4 or parts[0] != "step":
        return Step()
    tries = int(parts[3]) if parts[3].isascii() and parts[3].isdigit() and len(parts[3]) < 5 else 0
    return Step(parts[1], "" if parts[2] == "-" else parts[2], tries)


@dataclass(frozen=True)
class Heard:
    """What the caller did: keys, words, and whether somebody picked up where agents were rung."""

    caller: Address
    call_id: str
    digits: str = ""
    speech: str = ""
    was_answered: bool = False
    is_withheld: bool = False


@dataclass(frozen=True)
class Say:
    """Speak a text."""

    text: str
    language: str


@dataclass(frozen=True)
class Ask:
    """Speak a text and listen for one key or a few words; whatever comes, even nothing, leads to `to`."""

    text: str
    language: str
    to: Step
    hints: Sequence[str] = ()
    music: str = ""
    seconds: int = 5


@dataclass(frozen=True)
class Ring:
    """Ring agents; whatever becomes of it leads to `to`."""

    numbers: Sequence[str]
    to: Step
    language: str
    seconds: int
    records: bool = False


@dataclass(frozen=True)
class TakeMessage:
    """Record what the caller says; it leads to `to`."""

    to: Step
    language: str
    seconds: int


@dataclass(frozen=True)
class Go:
    """Go on at once at another place, by a request of its own."""

    to: Step


@dataclass(frozen=True)
class HangUp:
    """End the call."""


Action = Say | Ask | Ring | TakeMessage | Go | HangUp


def next_actions(flow: Flow, step: Step, heard: Heard, desk: CallDesk) -> list[Action]:
    """What the provider is to do now."""
    language = flow.speaks(step.language) or flow.language
    with translation.override(language):
        turn = Turn(flow, replace(step, language=language), heard, desk)
        return TURNS.get(step.name, Turn.start)(turn)


@dataclass(frozen=True)
class Turn:
    """One request: where the caller is, what they did, whom to ask."""

    flow: Flow
    step: Step
    heard: Heard
    desk: CallDesk

    # ── Places ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self) -> list[Action]:
        known = self.flow.speaks(self.desk.language(self.heard.caller))
        if known:
            return self._in(known).welcome()
        return self._ask_language() if len(self.flow.languages) > 1 else self._in(self.flow.language).welcome()

    def choose_language(self) -> list[Action]:
        numbered = dict(zip("123456789", self.flow.languages, strict=False))
        chosen = numbered.get(self.heard.digits[:1], "")
        if numbered and not chosen and self.step.tries + 1 < MOST_TRIES:
            return self._ask_language(self.step.tries + 1)
        return self._in(chosen or self.flow.language).welcome()

    def welcome(self) -> list[Action]:
        greeting = self._say(self.flow.said(self.flow.greeting, self._language) or _("Thank you for calling."))
        if not self.desk.is_open():
            closed = self.flow.said(self.flow.closed, self._language) or _("Nobody is here at this time.")
            return [greeting, self._say(closed), *self._goes(self.flow.closed_goes)]
        notice = [self._say(_("This call may be recorded."))] if self.flow.records else []
        return [greeting, *notice, *(self._menu() if self.flow.options else self.queue())]

    def menu(self) -> list[Action]:
        chosen = chosen_option(self.flow, self.heard, self._language)
        if chosen is not None:
            return self._goes(chosen.goes)
        if self.step.tries + 1 >= MOST_TRIES:
            return self.queue()
        return [self._say(_("Sorry, I did not understand.")), *self._menu(self.step.tries + 1)]

    def queue(self) -> list[Action]:
        """Ring who is free, else let the caller wait and ring again."""
        if self.desk.waited(self.heard.call_id).total_seconds() > self.flow.longest_wait:
            return [self._say(_("We are sorry that you had to wait so long.")), *self._goes(self.flow.wait_goes, QUEUE)]
        tries = self.step.tries if self.step.name == QUEUE else 0
        if not (numbers := self.desk.phones(self.heard.call_id)):
            return self._hold(tries)
        first = tries % len(numbers)
        rung = Step("rung", self._language, tries)
        ring = Ring(
            [*numbers[first:], *numbers[:first]], rung, self._language, self.flow.ring_seconds, self.flow.records
        )
        return [self._say(_("One moment, please.")), ring] if tries == 0 else [ring]

    def rung(self) -> list[Action]:
        return [HangUp()] if self.heard.was_answered else self._hold(self.step.tries)

    def held(self) -> list[Action]:
        if self.heard.digits[:1] == CALL_BACK_KEY:
            return self.call_back()
        if self.heard.digits[:1] == VOICEMAIL_KEY:
            return self.voicemail()
        return replace(self, step=Step(QUEUE, self._language, self.step.tries + 1)).queue()

    def voicemail(self) -> list[Action]:
        text = self.flow.said(self.flow.voicemail, self._language) or _("Please leave a message after the tone.")
        recorded = Step("recorded", self._language)
        return [self._say(text), TakeMessage(recorded, self._language, self.flow.voicemail_seconds)]

    def recorded(self) -> list[Action]:
        return [self._say(_("Thank you. We will get back to you.")), HangUp()]

    def call_back(self) -> list[Action]:
        """Whoever hides their number cannot be called: they leave a message."""
        if self.heard.is_withheld:
            return self.voicemail()
        return [self._say(_("We will call you back at the number from which you are calling.")), HangUp()]

    # ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def _language(self) -> str:
        return self.step.language

    def _in(self, language: str) -> Turn:
        return replace(self, step=Step(language=language))

    def _say(self, text: str) -> Say:
        return Say(text, self._language)

    def _goes(self, where: str, came_from: str = "") -> list[Action]:
        if where in (HANG_UP, came_from):
            return [HangUp()]
        if where == CALL_BACK and not self.heard.is_withheld:
            # By a request of its own, in which the desk hears of the wish.
            return [Go(Step(CALL_BACK, self._language))]
        return {QUEUE: self.queue, VOICEMAIL: self.voicemail}.get(where, self.voicemail)()

    def _ask_language(self, tries: int = 0) -> list[Action]:
        """Each language is offered in itself; all but the last only speak, so that one may press at any time."""
        offers = []
        for key, language in zip("123456789", self.flow.languages, strict=False):
            with translation.override(language):
                offers.append(
                    Ask(_("For English, press %(key)s.") % {"key": key}, language, Step("language", "", tries))
                )
        return [*(Say(offer.text, offer.language) for offer in offers[:-1]), offers[-1]]

    def _menu(self, tries: int = 0) -> list[Action]:
        titles = [(option.key, self.flow.said(option.title, self._language)) for option in self.flow.options]
        words = " ".join(_("For %(title)s, press %(key)s.") % {"title": title, "key": key} for key, title in titles)
        return [
            Ask(words, self._language, Step("menu", self._language, tries), hints=[title for _key, title in titles])
        ]

    def _hold(self, tries: int) -> list[Action]:
        position = self.desk.position(self.heard.call_id)
        words = [
            self.flow.said(self.flow.waiting, self._language) or _("All of us are on the phone. Please hold the line."),
            _("You are number %(position)s in the queue.") % {"position": position},
            "" if self.heard.is_withheld else _("To be called back, press 1."),
            _("To leave a message, press 2."),
        ]
        text = " ".join(filter(None, words)) if tries % 3 == 0 else ""
        to = Step("held", self._language, tries)
        return [Ask(text, self._language, to, music=self.flow.music, seconds=HOLD_SECONDS)]


TURNS = {
    "start": Turn.start,
    "language": Turn.choose_language,
    "menu": Turn.menu,
    QUEUE: Turn.queue,
    "rung": Turn.rung,
    "held": Turn.held,
    VOICEMAIL: Turn.voicemail,
    "recorded": Turn.recorded,
    CALL_BACK: Turn.call_back,
}


def chosen_option(flow: Flow, heard: Heard, language: str) -> Option | None:
    """The entry of the menu that a key or spoken words name; None where they name none."""
    by_key = next((option for option in flow.options if option.key == heard.digits[:1]), None)
    if by_key is not None or not heard.speech:
        return by_key
    said = _folded(heard.speech)
    return next((one for one in flow.options if _folded(flow.said(one.title, language)) in said), None)


def asks_for_call_back(step: Step, heard: Heard) -> bool:
    """Whether this request is a caller's wish to be called back."""
    is_pressed = step.name == "held" and heard.digits[:1] == CALL_BACK_KEY
    return not heard.is_withheld and (is_pressed or step.name == CALL_BACK)


def _folded(text: str) -> str:
    """Letters and digits alone: what is heard has other spaces and signs than what was typed."""
    return "".join(filter(str.isalnum, text.casefold()))
