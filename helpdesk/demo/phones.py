"""The shop's messengers: their providers are simulated, everything else is as with real ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import httpx
from django.test import RequestFactory

from channels_app import connectors, http
from channels_app.contract import Address, ContactUpdate
from channels_app.models import Channel
from channels_app.simulator import models, runtime, samples
from channels_app.simulator.doings import Act, Doing, Role
from channels_app.simulator.people import Human
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook
from conversations.actions import delivery, knowing
from conversations.models import Intake, Message
from conversations.views import webhooks
from helpdesk.demo.cast import Person

# What the shop has connected, as its agents call it.
MESSENGERS = {
    "kakao": "카카오톡 상담톡",
    "instagram": "인스타그램 DM",
    "whatsapp": "WhatsApp",
    "line": "LINE",
    "messenger": "페이스북 메신저",
    "telegram": "텔레그램",
    "wechat": "위챗",
    "twilio": "문자 (SMS)",
}
# What people have on their phones, by language: the first is the most common.
LIKED = {
    "ko": ("kakao", "kakao", "kakao", "instagram", "twilio", "kakao", "telegram"),
    "en": ("whatsapp", "messenger", "whatsapp", "instagram", "telegram"),
    "ja": ("line", "line", "instagram"),
    "zh": ("wechat", "wechat", "telegram"),
}
COUNTRIES = {"ko": "+8210", "en": "+44770", "ja": "+8190", "zh": "+86138", "vi": "+8490", "de": "+49151"}
# So many of the shop's customers can be played on the simulator's page.
PLAYABLE = 24
# What providers tell of a message waits until they have answered, as it mostly does.
_news: deque[tuple[models.Account, Hook]] = deque()
# Few send a picture: each is a file that the desk fetches once it is open.
PICTURES = 0.04


@dataclass(frozen=True)
class Phones:
    """The accounts of the messengers by kind; empty where nothing is simulated."""

    accounts: dict[str, models.Account]

    @classmethod
    def found(cls) -> Phones:
        """The demo's messengers that are still switched on."""
        known = models.Account.objects.select_related("channel").filter(channel__is_enabled=True)
        return cls({one.channel.kind: one for one in known.filter(channel__kind__in=MESSENGERS)})

    def of(self, person: Person) -> models.Account | None:
        """The messenger that somebody uses; always the same one."""
        liked = LIKED.get(person.language, LIKED["en"])
        return self.accounts.get(liked[person.number % len(liked)])

    def holds(self, channel: Channel | None) -> bool:
        """Whether a channel is one of them."""
        return channel is not None and any(one.channel_id == channel.pk for one in self.accounts.values())


def connect_messengers() -> None:
    """Connect each kind whose connector is there, with an account that its simulated provider gives."""
    for kind, name in MESSENGERS.items():
        if kind in connectors.REGISTRY:
            channel = runtime.connect(kind, name)
            Intake.objects.create(channel=channel, reply_within_minutes=30)


def human_of(person: Person) -> Human:
    """The person with their phone."""
    phone = f"{COUNTRIES.get(person.language, '+44771')}{30_000_000 + person.number * 7}"
    return Human(person.number, person.name, phone, person.language)


def say(account: models.Account, person: Person, text: str, *, with_picture: bool = False) -> Message:
    """Let a person write by a messenger; the message as the desk has it."""
    human = human_of(person)
    with runtime.locked(account.pk) as provider:
        address = provider.meet(human).address
        can_show = with_picture and Role.IMAGE.value in provider.roles
        doing = Doing(Act.TEXT, address, text=text)
        hooks = provider.hooks(doing)
        if can_show:
            hooks += provider.hooks(Doing(Act.MEDIA, address, upload=samples.sample(Role.IMAGE)))
    for hook in hooks:
        put_through(account, hook)
    if (heard := newest(account, human)) is None:
        raise RuntimeError(f"{account} was not understood")
    return heard


def newest(account: models.Account, human: Human, *, since: datetime | None = None) -> Message | None:
    """The last that the desk heard of a person by a messenger, by whichever of their addresses it knows them."""
    wrote = Message.objects.filter(channel=account.channel, kind=Message.Kind.INBOUND)
    address = runtime.provider_of(account).address_of(human)
    theirs = wrote.filter(identity__value__endswith=address.removeprefix("+"))
    # In the past that is being played, nothing may be compared with the present.
    return (theirs.filter(created_at__gte=since) if since else theirs).order_by("pk").last()


def introduce(message: Message, person: Person) -> None:
    """The shop knows whose phone this is: it has linked the accounts, and vouches for the address."""
    identity = message.identity
    if identity is None or message.channel is None or identity.customer.identities.filter(value=person.email).exists():
        return
    address = Address(identity.kind, identity.value, raw=identity.raw, is_local=bool(identity.account))
    proven = [Address("email", person.email)]
    knowing.receive_contact(message.channel, ContactUpdate(address, name=person.name, proven=proven))
    if person.number <= PLAYABLE:
        human = human_of(person)
        columns = {"name": human.name, "language": human.language}
        models.Person.objects.get_or_create(phone=human.phone, defaults=columns)


def put_through(account: models.Account, hook: Hook) -> ApiAnswer:
    """Hand one web hook to the door, inside this process."""
    address = hook.address(f"/hooks/{account.channel.token}/")
    asked = RequestFactory().generic(
        hook.method, address, hook.body, content_type=hook.content_type, headers=dict(hook.headers)
    )
    answer = webhooks.receive(asked, account.channel.token, hook.path)
    said = ApiAnswer(answer.status_code, answer.content, answer.headers.get("Content-Type", ""))
    if said.status >= 400:
        raise RuntimeError(f"{account} was turned away: {said.status}")
    return said


def carry_out(phones: Phones, message: Message, person: Person, *, is_read: bool) -> None:
    """Send an answer now, let the phone get it, and perhaps its owner read it."""
    sent = message.deliveries.get()
    delivery.deliver(sent.pk)
    while _news:
        put_through(*_news.popleft())
    account = next(one for one in phones.accounts.values() if one.channel_id == sent.channel_id)
    with runtime.locked(account.pk) as provider:
        address = provider.address_of(human_of(person))
        hooks = provider.hooks(Doing(Act.READ, address)) if is_read and Act.READ in provider.acts else []
    for hook in hooks:
        put_through(account, hook)


@contextmanager
def within_this_process() -> Iterator[None]:
    """Let what connectors call be answered here: there is no server yet while the past is played."""
    with mock.patch.object(http, "request", _answered):
        yield


def _answered(method: str, url: str, **options: Any) -> http.Answer:
    made = httpx.Request(
        method,
        url,
        headers=options.get("headers"),
        params=options.get("params"),
        json=options.get("json_body"),
        data=options.get("form"),
        files=options.get("files"),
        content=options.get("content"),
    )
    token, _, path = urlsplit(url).path.removeprefix("/simulator/api/").partition("/")
    account = models.Account.objects.select_related("channel").get(channel__token=token)
    name, _, rest = path.partition("/")
    headers = {key.lower(): value for key, value in made.headers.items()}
    query = dict(made.url.params)
    asked = ApiCall(method, path if name == "cdn" else rest, query, headers, made.read())
    said, posts = runtime.answered(account, asked)
    _news.extend((account, one.hook) for one in posts)
    named = {key.lower(): value for key, value in said.headers.items()} | {"content-type": said.content_type}
    return http.Answer(said.status, named, said.body, url.partition("?")[0])
