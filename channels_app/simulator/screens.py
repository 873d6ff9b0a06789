"""What the simulator's page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from channels_app import connectors
from channels_app.simulator import models, providers, runtime, signing
from channels_app.simulator.doings import Act, Role
from channels_app.simulator.people import CAST, Human
from channels_app.simulator.provider import Provider
from channels_app.simulator.world import Contact, File, Message

TYPING_SECONDS = 12
EMOJI = ("👍", "❤️", "😂")
SHOWN_EXCHANGES = 40
# Everything one does with one touch, beside writing: act → what the button says.
ONE_TOUCH = {
    Act.LOCATION: _("Send a place"),
    Act.CONTACT: _("Contact card"),
    Act.TYPE: _("Start typing"),
    Act.READ: _("Read everything"),
    Act.OPEN: _("Open the chat"),
    Act.END: _("End the session"),
    Act.CONSENT: _("Give name and number"),
    Act.CALL: _("Call"),
    Act.RECORD: _("Leave a voicemail"),
    Act.HANG_UP: _("Hang up"),
    Act.ODD: _("Something unknown"),
}
ROLE_LABELS = {
    Role.IMAGE: _("Picture"),
    Role.VIDEO: _("Film"),
    Role.AUDIO: _("Sound"),
    Role.VOICE: _("Voice message"),
    Role.STICKER: _("Sticker"),
    Role.FILE: _("Document"),
}
WORDLESS = {
    "call": _("Call"),
    "contact": _("Contact card"),
    "location": _("Location"),
    "odd": _("Something unknown"),
    **{role.value: label for role, label in ROLE_LABELS.items()},
}
ICONS = {
    Role.IMAGE: "image",
    Role.VIDEO: "video",
    Role.AUDIO: "file-audio",
    Role.VOICE: "volume-2",
    Role.STICKER: "smile",
    Role.FILE: "paperclip",
}


@dataclass(frozen=True)
class Bubble:
    """One message as the phone shows it."""

    message: Message
    files: Sequence[File]
    quoted: str
    at: datetime

    @property
    def words(self) -> object:
        """What stands for a message that has neither text nor file."""
        return WORDLESS.get(self.message.kind, self.message.kind)

    @property
    def can_tap(self) -> bool:
        return bool(self.message.choices) and not self.message.is_theirs


@dataclass(frozen=True)
class Phone:
    """The phone of one person, on one channel."""

    account: models.Account
    person: models.Person
    provider: Provider
    contact: Contact

    @classmethod
    def of(cls, account: models.Account, person: models.Person) -> Phone:
        provider = runtime.provider_of(account)
        human = human_of(person)
        known = provider.world.contact(provider.address_of(human))
        return cls(account, person, provider, known or Contact(provider.address_of(human), person.name, person.phone))

    @property
    def bubbles(self) -> list[Bubble]:
        """What was said, newest first: the screen grows upwards."""
        said = self.provider.world.thread(self.contact.address)
        by_id = {one.id: one for one in said}
        return [self._bubble(one, by_id) for one in reversed(said)]

    def _bubble(self, one: Message, by_id: dict[str, Message]) -> Bubble:
        files = [file for key in one.files if (file := self.provider.world.file(key))]
        quoted = by_id[one.quoted].text if one.quoted in by_id else ""
        return Bubble(one, files, quoted, datetime.fromisoformat(one.at))

    @property
    def is_written_to(self) -> bool:
        """Whether the desk shows this person that somebody writes."""
        address, at = self.provider.world.notes.get("typing") or ("", 0)
        return address == self.contact.address and signing.seconds() - at < TYPING_SECONDS

    @property
    def can(self) -> frozenset[str]:
        return frozenset(act.value for act in self.provider.acts)

    @property
    def touches(self) -> list[tuple[str, object]]:
        acts = [act for act in ONE_TOUCH if act in self.provider.acts]
        return [(act.value, ONE_TOUCH[act]) for act in acts]

    @property
    def roles(self) -> list[tuple[str, object, str]]:
        known = [role for role in Role if role.value in self.provider.roles]
        return [(role.value, ROLE_LABELS[role], ICONS[role]) for role in known]

    @property
    def unread(self) -> int:
        return len(list(self.provider.world.unread(self.contact.address)))

    @property
    def topic(self) -> str:
        """What the page listens to."""
        return f"simulator-{self.account.pk}"


def human_of(person: models.Person) -> Human:
    return Human(person.pk, person.name, person.phone, person.language)


def people() -> list[models.Person]:
    """Those whom one can play; the first time, the cast."""
    if not models.Person.objects.exists():
        made = [models.Person(name=one.name, phone=one.phone, language=one.language) for one in CAST]
        models.Person.objects.bulk_create(made, ignore_conflicts=True)
    return list(models.Person.objects.all()[:60])


def accounts() -> list[models.Account]:
    """Channels whose provider is simulated, as far as both sides are there."""
    known = set(providers.REGISTRY) & set(connectors.REGISTRY)
    found = models.Account.objects.select_related("channel").filter(channel__kind__in=known)
    return list(found.order_by("channel__name", "pk"))


def unconnected() -> list[tuple[str, object]]:
    """Kinds of channels that are not simulated yet: (kind, label)."""
    there = {account.channel.kind for account in accounts()}
    absent = [kind for kind in providers.REGISTRY if kind in connectors.REGISTRY and kind not in there]
    return [(kind, connectors.get(kind).label) for kind in absent]


def exchanges(account: models.Account) -> list[models.Exchange]:
    """The newest raw requests with their answers."""
    return list(account.exchanges.order_by("-pk")[:SHOWN_EXCHANGES])
