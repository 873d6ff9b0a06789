"""Ninety days of the shop's life, played through the same actions as real traffic, with the clock turned back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import time_machine
from django.db import connection, transaction
from django.utils import timezone

from agents.models import Team, User
from channels_app.contract import DeliveryState
from conversations import wake
from conversations.actions import replies, state
from conversations.models import Conversation, Intake, Message, ReadMark, SavedReply
from conversations.reach import routes_of
from customers.models import Customer, Identity
from helpdesk.demo import cast, stories
from helpdesk.demo.cast import Person
from helpdesk.demo.doors import Doors, Guest, carried_out, open_doors
from helpdesk.demo.stories import Story

DAYS = 90
CUSTOMERS = 400
CONVERSATIONS = 1500
# The same shop every time.
SEED = 20260101
WORK_BEGINS, WORK_ENDS = 9, 19


@dataclass
class Stage:
    """Everything a scene needs."""

    dice: Random
    doors: Doors
    staff: dict[str, User]
    now: datetime

    def agent_for(self, story: Story) -> User:
        of_team = [one for one in self.staff.values() if one.role == User.Role.AGENT and story.team in self._teams(one)]
        return self.dice.choice(of_team)

    def _teams(self, agent: User) -> set[str]:
        if not hasattr(agent, "team_names"):
            agent.team_names = set(agent.teams.values_list("name", flat=True))  # type: ignore[attr-defined]
        return agent.team_names  # type: ignore[attr-defined]


def seed(report: Callable[[int, int], None], *, customers: int = CUSTOMERS, conversations: int = CONVERSATIONS) -> None:
    """Fill an empty database; `report(done, of)` is called after each customer."""
    stage = prepare()
    plan = _plan(stage, customers, conversations)
    done = 0
    with wake.nobody(), connection.cursor() as cursor:
        for person, begins in plan:
            with transaction.atomic():
                cursor.execute("SET LOCAL synchronous_commit = off")
                _live(stage, person, begins)
            done += len(begins)
            report(done, conversations)
        _settle_desk(stage)
        cursor.execute("ANALYZE")


def prepare() -> Stage:
    """The desk before its first customer."""
    staff = cast.hire()
    doors = open_doors()
    Intake.objects.filter(channel=doors.mail).update(signature="모먼트스토어 고객센터 드림")
    _keep_replies()
    return Stage(Random(SEED), doors, staff, timezone.now())  # noqa: S311  (a script, not a secret)


def _plan(stage: Stage, customers: int, conversations: int) -> Iterator[tuple[Person, list[datetime]]]:
    """Who writes when: everybody at least once, a few often, more of it lately than long ago."""
    everybody = list(cast.people(stage.dice, customers))
    times: dict[int, list[datetime]] = {person.number: [] for person in everybody}
    for index in range(conversations):
        person = everybody[index] if index < customers else stage.dice.choice(everybody[: customers // 2])
        times[person.number].append(_some_time(stage))
    for person in everybody:
        yield person, sorted(times[person.number])


def _some_time(stage: Stage) -> datetime:
    """A moment in the last ninety days, by day rather than by night, denser towards today."""
    ago = timedelta(days=DAYS) * stage.dice.betavariate(1, 1.6)
    moment = timezone.localtime(stage.now - ago)
    if ago < timedelta(hours=14):
        return moment
    return moment.replace(hour=min(23, max(7, int(stage.dice.gauss(14, 4)))), minute=stage.dice.randrange(60))


def _live(stage: Stage, person: Person, begins: list[datetime]) -> None:
    guest = Guest(person)
    told: list[str] = []
    for begin in begins:
        story = _choose(stage, person, told)
        told.append(story.subject)
        _tell(stage, guest, story, begin)
    _describe(stage, person)


def _choose(stage: Stage, person: Person, told: list[str]) -> Story:
    known = stories.by_language()
    choices = known.get(person.language) or known["en"]
    fresh = [story for story in choices if story.subject not in told]
    return stage.dice.choice(fresh or choices)


# ── One matter from first word to last ───────────────────────────────────────────────────────────────────────────────
def _tell(stage: Stage, guest: Guest, story: Story, begin: datetime) -> None:
    """Play a story's turns until it ends or the present is reached."""
    scene = _Scene(stage, guest, story, stage.agent_for(story), by_mail=stage.dice.random() < 0.55)
    at = begin
    with time_machine.travel(at, tick=False) as clock:
        for number, (who, text) in enumerate(story.turns):
            if at > stage.now:
                return
            clock.move_to(at)
            scene.play(who, filled(text, guest.person), is_first=number == 0)
            at += _pause(stage, who, by_mail=scene.by_mail)
        if at < stage.now - timedelta(hours=2):
            clock.move_to(at)
            scene.close()


@dataclass
class _Scene:
    """A story being told: the conversation it takes place in, and who answers."""

    stage: Stage
    guest: Guest
    story: Story
    agent: User
    by_mail: bool
    conversation: Conversation | None = None
    last_reply: Message | None = None

    def play(self, who: str, text: str, *, is_first: bool) -> None:
        if who == "c":
            self._customer(text, is_first=is_first)
        elif self.conversation is not None and who == "n":
            replies.note(self.conversation, by=self.agent, text=text)
        elif self.conversation is not None:
            self._agent(text)

    def _customer(self, text: str, *, is_first: bool) -> None:
        # One in eight changes the channel in the middle: that is what the desk is for.
        if not is_first and self.stage.dice.random() < 0.12:
            self.by_mail = not self.by_mail
        answers = (
            self.last_reply if self.last_reply and self.last_reply.channel_id == self.stage.doors.mail.pk else None
        )
        if self.by_mail:
            subject = filled(self.story.subject, self.guest.person)
            message = self.guest.write(self.stage.doors, text, subject=subject, answers=answers)
        else:
            message = self.guest.chat(self.stage.doors, text)
        self.conversation = message.conversation
        if is_first:
            self._triage()

    def _triage(self) -> None:
        assert self.conversation is not None
        if self.conversation.team_id is None:
            team = Team.objects.get(name=self.story.team)
            state.set_team(self.conversation, team=team, by=self.stage.staff["supervisor"])
        if not self.by_mail:
            subject = filled(self.story.subject, self.guest.person)
            state.rename(self.conversation, subject=subject, by=self.agent)
        for tag in self.story.tags:
            state.add_tag(self.conversation, name=tag, by=self.agent)
        if self.guest.person.is_vip:
            state.set_priority(self.conversation, priority=Conversation.Priority.HIGH, by=self.agent)

    def _agent(self, text: str) -> None:
        assert self.conversation is not None
        if self.last_reply is None:
            state.assign(self.conversation, to=self.agent, by=self.agent)
        route = next(one for one in routes_of(self.conversation) if one.is_usable)
        self.last_reply = replies.reply(self.conversation, by=self.agent, text=text, route=route)
        fails = self.stage.dice.random() < 0.004
        carried_out(self.last_reply, DeliveryState.FAILED if fails else self._arrived(route.capabilities.sends_read))
        state.mark_read(Conversation.objects.get(pk=self.conversation.pk), agent=self.agent)

    def _arrived(self, sends_read: bool) -> DeliveryState:
        return DeliveryState.READ if sends_read else DeliveryState.SENT

    def close(self) -> None:
        """How it stands now: mostly resolved, sometimes waiting for somebody else, sometimes put off."""
        conversation = self.conversation
        if conversation is None or self.last_reply is None:
            return
        dice = self.stage.dice.random()
        recent = self.stage.now - timezone.now() < timedelta(days=6)
        if dice < 0.05 and recent:
            state.set_pending(conversation, by=self.agent)
        elif dice < 0.09 and recent:
            until = self.stage.now + timedelta(hours=self.stage.dice.randint(3, 70))
            state.snooze(conversation, until=until, by=self.agent)
        elif dice > 0.12 or not recent:
            state.resolve(conversation, by=self.agent)


def _pause(stage: Stage, who: str, *, by_mail: bool) -> timedelta:
    """How long until the next one speaks: minutes in a chat, hours by mail."""
    if by_mail:
        return timedelta(minutes=stage.dice.lognormvariate(3.6 if who == "c" else 4.6, 0.9))
    return timedelta(minutes=stage.dice.lognormvariate(1.2, 0.8))


def filled(text: str, person: Person) -> str:
    """A line of a story with the person's own order and product."""
    product = cast.PRODUCTS[person.number % len(cast.PRODUCTS)]
    return (
        text.replace("{name}", person.name).replace("{order}", str(58000 + person.number)).replace("{product}", product)
    )


def _describe(stage: Stage, person: Person) -> None:
    """What the shop's own system tells the desk about a customer."""
    identity = Identity.objects.filter(name=person.name, value=person.email).first()
    identity = identity or Identity.objects.filter(visitors__subject=f"shop-{person.number}").first()
    if identity is not None:
        Customer.objects.filter(pk=identity.customer_id).update(
            name=person.name,
            language=person.language,
            time_zone=person.time_zone,
            place=person.place,
            is_vip=person.is_vip,
            facts=cast.facts(person, stage.dice),
        )


# ── The desk on the morning the newcomer looks at it ─────────────────────────────────────────────────────────────────
def _settle_desk(stage: Stage) -> None:
    """Give the demo's agent something to do: a share of what is open, two mentions, a draft; the old is read."""
    agent = stage.staff["agent"]
    waiting = Conversation.objects.open().filter(assignee=None).newest_first()
    for conversation in waiting[:6]:
        state.assign(conversation, to=agent, by=stage.staff["supervisor"])
    colleague = stage.staff["seoyeon"]
    for conversation in Conversation.objects.open().filter(assignee=colleague).newest_first()[:2]:
        text = f"@[{agent.name}]({agent.pk}) 이 건 한번 봐 주실 수 있어요? 지난번에 같은 문의 처리하셨죠."
        replies.note(conversation, by=colleague, text=text)
    _read_the_old(stage)


def _read_the_old(stage: Stage) -> None:
    old = Conversation.objects.filter(active_at__lt=stage.now - timedelta(hours=20)).values_list("pk", "revision")
    marks = [
        ReadMark(conversation_id=pk, agent=agent, revision=revision)
        for agent in stage.staff.values()
        for pk, revision in old
    ]
    ReadMark.objects.bulk_create(marks, ignore_conflicts=True, batch_size=2000)


def _keep_replies() -> None:
    kept = [
        (
            "재배송 안내",
            "재배송",
            "{{ customer.name }} 님, 불편을 드려 죄송합니다. 오늘 중으로 다시 배송해 드릴게요.",
            "ko",
        ),
        (
            "배송비 환불 기준",
            "배송비",
            "단순 변심의 경우 왕복 배송비 6,000원이 차감되고, 불량이면 저희가 부담해요.",
            "ko",
        ),
        ("세금계산서 발행", "세금계산서", "사업자등록증을 보내 주시면 당일 발행해 드려요.", "ko"),
        ("펌웨어 업데이트", "펌웨어", "앱의 설정 > 기기 정보에서 2.4.1로 업데이트한 뒤 다시 페어링해 주세요.", "ko"),
        ("Shipping times", "shipping", "Hi {{ customer.name }}, DHL takes 4 to 6 business days.", "en"),
        ("Refund on its way", "refund", "The refund has left us today; your bank may need up to ten days.", "en"),
    ]
    for title, shortcut, body, language in kept:
        SavedReply.objects.create(title=title, shortcut=shortcut, body=body, language=language)
