"""Ninety days of the shop's life, played through the same actions as real traffic, with the clock turned back."""

from __future__ import annotations

import enum
from collections.abc import Callable
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
from conversations.reach import Route, routes_of
from customers.models import Customer, Identity
from helpdesk.demo import cast, phones, stories
from helpdesk.demo.cast import Person
from helpdesk.demo.doors import Doors, Guest, carried_out, found_doors, open_doors
from helpdesk.demo.stories import Story

DAYS = 90
CUSTOMERS = 400
CONVERSATIONS = 1500
# So many customers are there before the desk opens; the others come while the newcomer looks around.
FIRST = 50
# The same shop every time.
SEED = 20260101
# These wrote in the last hours.
JUST_NOW = range(1, 25)
# Of the matters of the last days so many are still in somebody's hands.
UNFINISHED = 0.45
LATELY = timedelta(days=12)


@dataclass
class Stage:
    """Everything that the scenes of one person need."""

    dice: Random
    doors: Doors
    staff: dict[str, User]
    now: datetime

    def agent_for(self, story: Story) -> User:
        """A colleague of the team; the newcomer's own account is not used up by the past."""
        of_team = [
            log_in for _name, log_in, role, teams, _lang in cast.STAFF if role == "agent" and story.team in teams
        ]
        return self.staff[self.dice.choice(of_team)]


def open_shop() -> None:
    """The desk before its first customer: teams, agents, channels, saved replies."""
    with transaction.atomic():
        cast.hire()
        doors = open_doors()
        Intake.objects.filter(channel=doors.mail).update(signature="모먼트스토어 고객센터 드림")
        _keep_replies()


def seed(report: Callable[[int, int], None], *, customers: int = CUSTOMERS) -> None:
    """Play the lives of the first so many customers who are not there yet; `report(done, of)` after each."""
    everybody = list(cast.people(_dice(), CUSTOMERS))
    doors, staff, now = found_doors(), cast.staff(), timezone.now()
    if doors is None:
        raise RuntimeError("open the shop first")
    there = set(Customer.objects.filter(facts__has_key=cast.MEMBER).values_list(f"facts__{cast.MEMBER}", flat=True))
    absent = [person for person in everybody[:customers] if person.member not in there]
    with wake.nobody(), phones.within_this_process():
        for done, person in enumerate(absent, start=1):
            stage = Stage(_dice(person.number), doors, staff, now)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
                _live(stage, person, _begins(stage, person))
            report(done, len(absent))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _dice(number: int = 0) -> Random:
    return Random(SEED + number)  # noqa: S311  (a script, not a secret)


def _begins(stage: Stage, person: Person) -> list[datetime]:
    """When a person writes: everybody at least once, some often; about CONVERSATIONS in all."""
    often = CONVERSATIONS / CUSTOMERS * (1.9 if person.number % 2 else 0.5)
    begins = [_some_time(stage) for _ in range(max(1, round(stage.dice.gauss(often, often / 4))))]
    if person.number in JUST_NOW:
        begins.append(stage.now - timedelta(minutes=person.number * 9))
    return sorted(begins)


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
    scene = _Scene(stage, guest, story, stage.agent_for(story), way=_way(stage, guest.person))
    at = begin
    is_new = stage.now - begin < timedelta(hours=4)
    is_unfinished = is_new or (stage.now - begin < LATELY and stage.dice.random() < UNFINISHED)
    turns = story.turns[: stage.dice.randint(1, len(story.turns))] if is_unfinished else story.turns
    with time_machine.travel(at, tick=False) as clock:
        for number, (who, text) in enumerate(turns):
            if at > stage.now:
                return
            clock.move_to(at)
            scene.play(who, filled(text, guest.person), is_first=number == 0)
            at += _pause(stage, who, by_mail=scene.way is Way.MAIL)
        if at < stage.now - timedelta(hours=2) and not is_unfinished:
            clock.move_to(at)
            scene.close()


class Way(enum.Enum):
    """By what a customer writes."""

    MAIL = "mail"
    CHAT = "chat"
    PHONE = "phone"


def _way(stage: Stage, person: Person, *, but: Way | None = None) -> Way:
    """One of the ways that a person has, another than `but`."""
    chances = {Way.MAIL: 0.3, Way.CHAT: 0.25, Way.PHONE: 0.45 if stage.doors.phones.of(person) else 0}
    chances = {way: chance for way, chance in chances.items() if way is not but}
    return stage.dice.choices(list(chances), list(chances.values()))[0]


@dataclass
class _Scene:
    """A story being told: the conversation it takes place in, and who answers."""

    stage: Stage
    guest: Guest
    story: Story
    agent: User
    way: Way
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
            self.way = _way(self.stage, self.guest.person, but=self.way)
        message = self._written(text)
        self.conversation = message.conversation
        if is_first:
            self._triage()

    def _written(self, text: str) -> Message:
        doors, account = self.stage.doors, self.stage.doors.phones.of(self.guest.person)
        if self.way is Way.PHONE and account is not None:
            with_picture = self.stage.dice.random() < phones.PICTURES
            return self.guest.text(doors, account, text, with_picture=with_picture)
        if self.way is Way.CHAT:
            return self.guest.chat(doors, text)
        answers = self.last_reply if self.last_reply and self.last_reply.channel_id == doors.mail.pk else None
        return self.guest.write(doors, text, subject=filled(self.story.subject, self.guest.person), answers=answers)

    def _triage(self) -> None:
        assert self.conversation is not None
        if self.conversation.team_id is None:
            state.set_team(self.conversation, team=self._team(), by=self.stage.staff["supervisor"])
        if self.way is not Way.MAIL and self.stage.dice.random() < 0.3:
            subject = filled(self.story.subject, self.guest.person)
            state.rename(self.conversation, subject=subject, by=self.agent)
        for tag in self.story.tags[:1]:
            state.add_tag(self.conversation, name=tag, by=self.agent)
        if self.guest.person.is_vip:
            state.set_priority(self.conversation, priority=Conversation.Priority.HIGH, by=self.agent)

    def _team(self) -> Team:
        return next(one.team for one in self.agent.memberships.all() if one.team.name == self.story.team)

    def _agent(self, text: str) -> None:
        assert self.conversation is not None
        if self.last_reply is None:
            state.assign(self.conversation, to=self.agent, by=self.agent)
        route = next(one for one in routes_of(self.conversation) if one.is_usable)
        now = timezone.now()
        self.last_reply = replies.reply(self.conversation, by=self.agent, text=text, route=route, not_before=now)
        if self.stage.doors.phones.holds(route.channel):
            is_read = self.stage.dice.random() < 0.85
            phones.carry_out(self.stage.doors.phones, self.last_reply, self.guest.person, is_read=is_read)
        else:
            self._carried_out(route)
        state.mark_read(Conversation.objects.get(pk=self.conversation.pk), agent=self.agent)

    def _carried_out(self, route: Route) -> None:
        assert self.last_reply is not None
        fails = self.stage.dice.random() < 0.004
        carried_out(self.last_reply, DeliveryState.FAILED if fails else self._arrived(route.capabilities.sends_read))

    def _arrived(self, sends_read: bool) -> DeliveryState:
        return DeliveryState.READ if sends_read else DeliveryState.SENT

    def close(self) -> None:
        """How it stands now: mostly resolved, sometimes waiting for somebody else, sometimes put off."""
        conversation = self.conversation
        if conversation is None or self.last_reply is None:
            return
        dice = self.stage.dice.random()
        recent = self.stage.now - timezone.now() < LATELY
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
    identity = Identity.objects.filter(value=person.email).first()
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
def settle_desk() -> None:
    """Give the demo's agent something to do: a share of what is open, two mentions; what is old has been read."""
    staff = cast.staff()
    agent, colleague = staff["agent"], staff["seoyeon"]
    for conversation in Conversation.objects.open().newest_first()[:8]:
        state.assign(conversation, to=agent, by=staff["supervisor"])
    for conversation in Conversation.objects.open().filter(assignee=colleague).newest_first()[:2]:
        text = f"@[{agent.name}]({agent.pk}) 이 건 한번 봐 주실 수 있어요? 지난번에 같은 문의 처리하셨죠."
        replies.note(conversation, by=colleague, text=text)
    for one in staff.values():
        _read_the_old(one)


def _read_the_old(agent: User) -> None:
    old = Conversation.objects.filter(active_at__lt=timezone.now() - timedelta(hours=20)).values_list("pk", "revision")
    marks = [ReadMark(conversation_id=pk, agent=agent, revision=revision) for pk, revision in old]
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
