"""The demo goes on living for a while: customers write, colleagues answer, by the ordinary doors."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from random import Random

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from agents.models import User
from channels_app.simulator import runtime
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.models import Account
from conversations.actions import replies
from conversations.actions.visiting import say_typing
from conversations.models import Conversation
from conversations.reach import routes_of
from helpdesk.demo import cast, phones, stories
from helpdesk.demo.doors import Doors, Guest, found_doors
from helpdesk.demo.seed import CUSTOMERS, SEED, filled

logger = logging.getLogger(__name__)

# Seconds between two things that happen.
SHORTEST_PAUSE, LONGEST_PAUSE = 8, 35
TYPING_SECONDS = 3
# Seconds in which a web hook has come, or never will.
ARRIVES_WITHIN = 10
MOST_AT_ONCE = 4


def go_on(stop: threading.Event) -> None:
    """Let things happen for settings.DEMO_LIFE_MINUTES, or until the worker stops."""
    ends = time.monotonic() + settings.DEMO_LIFE_MINUTES * 60
    life = Life(Random())  # noqa: S311  (a script, not a secret)
    while not stop.wait(life.dice.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)) and time.monotonic() < ends:
        close_old_connections()
        try:
            life.happen()
        except Exception:  # the show goes on
            logger.exception("demo.life")


class Life:
    """A few matters that are told at the same time, a turn at a time."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.people = list(cast.people(Random(SEED), CUSTOMERS))  # noqa: S311
        self.scenes: deque[Scene] = deque()

    def happen(self) -> None:
        """One turn of one matter; a new one begins while there is room."""
        doors = found_doors()
        if doors is None:
            return
        if len(self.scenes) < MOST_AT_ONCE and self.dice.random() < 0.6:
            self.scenes.append(Scene(self.dice, self.dice.choice(self.people)))
        if self.scenes:
            scene = self.scenes.popleft()
            if scene.go_on(doors):
                self.scenes.append(scene)


class Scene:
    """One person's matter: half of them are answered by colleagues, the others wait for whoever looks at the demo."""

    def __init__(self, dice: Random, person: cast.Person) -> None:
        known = stories.by_language()
        self.story = dice.choice(known.get(person.language) or known["en"])
        self.guest = Guest(person)
        self.turns = deque(self.story.turns)
        self.by_mail = dice.random() < 0.3
        self.by_phone = not self.by_mail and dice.random() < 0.65
        self.is_answered = dice.random() < 0.5
        self.conversation: Conversation | None = None

    def go_on(self, doors: Doors) -> bool:
        """Play the next turn; False once the story is told or waits for the newcomer."""
        who, text = self.turns.popleft()
        text = filled(text, self.guest.person)
        if who == "c":
            self._customer(doors, text)
        elif not self.is_answered:
            return False
        else:
            self._colleague(who, text)
        return bool(self.turns)

    def _customer(self, doors: Doors, text: str) -> None:
        account = doors.phones.of(self.guest.person)
        if self.by_phone and account is not None:
            return self._texted(account, text)
        if self.by_mail:
            message = self.guest.write(doors, text, subject=filled(self.story.subject, self.guest.person))
        else:
            if self.guest.visitor:
                say_typing(self.guest.visitor)
                time.sleep(TYPING_SECONDS)
            message = self.guest.chat(doors, text)
        self.conversation = message.conversation

    def _texted(self, account: Account, text: str) -> None:
        """By a messenger: the provider calls the desk over HTTP, a moment later."""
        began, human = timezone.now(), phones.human_of(self.guest.person)
        runtime.play(account, human, Doing(Act.TEXT, "", text=text))
        for _second in range(ARRIVES_WITHIN):
            time.sleep(1)
            heard = phones.newest(account, human, since=began)
            if heard is not None:
                phones.introduce(heard, self.guest.person)
                heard.refresh_from_db()
                self.conversation = heard.conversation
                return

    def _colleague(self, who: str, text: str) -> None:
        colleague = (
            User.objects.answering().filter(teams__name=self.story.team).exclude(email__startswith="agent@").first()
        )
        if colleague is None:
            return
        if self.conversation is None:
            return
        if who == "n":
            replies.note(self.conversation, by=colleague, text=text)
            return
        route = next((one for one in routes_of(self.conversation) if one.is_usable), None)
        if route is not None:
            replies.reply(self.conversation, by=colleague, text=text, route=route, not_before=timezone.now())
