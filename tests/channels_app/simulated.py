"""A channel whose provider is simulated inside the test: its web hooks go to the real door, the desk's calls come back here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from django.test import Client

from channels_app import http
from channels_app.contract import UnknownOutcome
from channels_app.models import Channel, Envelope
from channels_app.simulator import providers, runtime
from channels_app.simulator.doings import Act, Card, Doing, Place, Role, Upload
from channels_app.simulator.faults import Faults
from channels_app.simulator.people import CAST, Human
from channels_app.simulator.provider import Account, Provider
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook
from channels_app.simulator.world import Message as Bubble
from channels_app.simulator.world import World
from conversations import polling
from conversations.actions import delivery, fetching, replies
from conversations.models import Attachment, Conversation, Delivery, Intake, Message
from conversations.reach import routes_of

SITE = "https://simulator.example"
HUMAN = CAST[0]
FILES = {
    Role.IMAGE: Upload("cat.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 64, Role.IMAGE),
    Role.VIDEO: Upload("clip.mp4", "video/mp4", b"\0\0\0\x18ftypmp42" + b"0" * 64, Role.VIDEO),
    Role.AUDIO: Upload("song.mp3", "audio/mpeg", b"ID3\x03" + b"0" * 64, Role.AUDIO),
    Role.VOICE: Upload("voice.ogg", "audio/ogg", b"OggS\0\x02" + b"0" * 64, Role.VOICE),
    Role.STICKER: Upload("hi.webp", "image/webp", b"RIFF\x40\0\0\0WEBPVP8 " + b"0" * 64, Role.STICKER),
    Role.FILE: Upload("manual.pdf", "application/pdf", b"%PDF-1.7\n" + b"0" * 64, Role.FILE),
}


class Line:
    """One channel, the provider behind it, and the customers' ends of it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.world = World()
        self.channel = Channel(kind=kind, name=f"Simulated {kind}", state=Channel.State.OK)
        keys = providers.get(kind).new_keys()
        self.account = Account(self.channel.token, self.channel.hook_url, keys, base=f"{SITE}/{self.channel.token}")
        self.provider: Provider = providers.get(kind)(self.account, self.world)
        prefix = f"{runtime.address()}/{self.channel.token}"
        named = {name: url.replace(prefix, self.account.base) for name, url in runtime.endpoints(self.channel).items()}
        runtime.enter(self.channel, self.provider, named)
        Intake.objects.create(channel=self.channel)
        self.calls: list[tuple[ApiCall, ApiAnswer]] = []
        self.posted: list[tuple[Hook, int]] = []
        self.client = Client()

    # ── The customer's side ──────────────────────────────────────────────────────────────────────────────────────────
    def address(self, human: Human = HUMAN) -> str:
        return self.provider.meet(human).address

    def doing(self, act: Act, human: Human = HUMAN, **more: Any) -> Doing:
        return Doing(act, self.address(human), **more)

    def plays(self, act: Act, human: Human = HUMAN, **more: Any) -> list[Hook]:
        """Let a customer do something and the desk hear of it."""
        hooks = self.provider.hooks(self.doing(act, human, **more))
        self.post(hooks)
        return hooks

    def says(self, text: str = "Where is my parcel?", human: Human = HUMAN, **more: Any) -> Message:
        """Let a customer write; the message as the desk has it."""
        self.plays(Act.TEXT, human, text=text, **more)
        return self.newest()

    def post(self, hooks: Sequence[Hook]) -> None:
        for hook in hooks:
            self.posted.append((hook, self.deliver(hook).status_code))
        polling.drain(self.channel.pk)

    def deliver(self, hook: Hook) -> Any:
        """Put one web hook through the real door."""
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in hook.headers.items()}
        address = hook.address(f"/hooks/{self.channel.token}/")
        answer = self.client.generic(hook.method, address, hook.body, content_type=hook.content_type, **named)
        self.provider.heard(hook, ApiAnswer(answer.status_code, answer.content, answer.get("Content-Type", "")))
        return answer

    def fetch(self) -> list[Attachment]:
        """Get what came as an address or a handle; every file of the channel's messages."""
        for file in Attachment.objects.filter(message__channel=self.channel):
            fetching.fetch_file(file.pk)
        return list(Attachment.objects.filter(message__channel=self.channel).order_by("pk"))

    def newest(self) -> Message:
        return Message.objects.filter(channel=self.channel, kind=Message.Kind.INBOUND).latest("pk")

    def phone(self, human: Human = HUMAN) -> list[Bubble]:
        """What the customer's phone shows of the desk's messages."""
        return [one for one in self.world.thread(self.address(human)) if not one.is_theirs]

    # ── The desk's side ──────────────────────────────────────────────────────────────────────────────────────────────
    def request(self, method: str, url: str, **options: Any) -> http.Answer:
        """Stands at the place of `http.request`: the same arguments become the same bytes."""
        options.pop("seconds", None), options.pop("max_bytes", None)
        made = httpx.Request(
            method,
            url,
            headers=options.pop("headers", None),
            params=options.pop("params", None),
            json=options.pop("json_body", None),
            data=options.pop("form", None),
            files=options.pop("files", None),
            content=options.pop("content", None),
        )
        assert not options, f"unknown options {sorted(options)}"
        answer = self.serve(made)
        while 300 <= answer.status < 400 and method == "GET" and "Location" in answer.headers:
            answer = self.serve(httpx.Request("GET", answer.headers["Location"]))
        headers = {
            **{name.lower(): value for name, value in answer.headers.items()},
            "content-type": answer.content_type,
        }
        return http.Answer(answer.status, headers, answer.body, url.partition("?")[0])

    def serve(self, made: httpx.Request) -> ApiAnswer:
        url = str(made.url)
        assert url.startswith(self.account.base), f"nobody expected {made.method} {url}"
        path = made.url.raw_path.decode().partition("?")[0].removeprefix(f"/{self.channel.token}/")
        name, _, rest = path.partition("/")
        headers = {key.lower(): value for key, value in made.headers.items()}
        call = ApiCall(made.method, path if name == "cdn" else rest, dict(made.url.params), headers, made.read())
        answer = self.provider.answer(call)
        self.calls.append((call, answer))
        if self.account.faults.timeout_after_accept and made.method != "GET" and self.provider.sent:
            raise UnknownOutcome("simulator.example: ReadTimeout", code="link")
        return answer

    def answers(self, conversation: Conversation, text: str, by: Any, **more: Any) -> Delivery:
        """Let an agent answer on this channel, and send it at once; the delivery as it is then."""
        route = next(one for one in routes_of(conversation) if one.channel == self.channel)
        message = replies.reply(conversation, by=by, text=text, route=route, **more)
        return self.send(message)

    def send(self, message: Message) -> Delivery:
        found = message.deliveries.get()
        Delivery.objects.filter(pk=found.pk).update(not_before=found.created_at)
        delivery.deliver(found.pk)
        return Delivery.objects.get(pk=found.pk)

    def reports(self, *states: str, human: Human = HUMAN) -> None:
        """Let the provider report of everything that the desk has sent."""
        for bubble in self.phone(human):
            for state in states or self.provider.fate(bubble):
                self.post(self.provider.pack(self.provider.report(bubble, state)))

    def suffer(self, **faults: Any) -> None:
        self.account.faults = Faults(**faults)

    def envelopes(self) -> list[Envelope]:
        return list(Envelope.objects.filter(channel=self.channel).order_by("pk"))

    def understood(self) -> list[Any]:
        """Everything that the connector read out of what was posted."""
        connector = self.channel.connector
        return [item for envelope in self.envelopes() for item in connector.parse(envelope)]


PLACE = Place(37.5665, 126.978, "서울시청", "서울 중구 세종대로 110")
CARD = Card("이지후", "+821034110002")


@pytest.fixture
def line(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Line]:
    """`line("telegram")`: a channel of that kind; what connectors call goes to its simulated provider."""

    lines: list[Line] = []

    def request(method: str, url: str, **options: Any) -> http.Answer:
        one = next((line for line in lines if url.startswith(line.account.base)), None)
        assert one, f"nobody expected {method} {url}"
        return one.request(method, url, **options)

    def make(kind: str) -> Line:
        lines.append(Line(kind))
        return lines[-1]

    monkeypatch.setattr(http, "request", request)
    return make
