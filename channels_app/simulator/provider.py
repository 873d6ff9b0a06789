"""What every simulated provider is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing, Upload
from channels_app.simulator.faults import Faults
from channels_app.simulator.people import Human
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, SENT, Contact, File, Message, World

# What a web hook tells, in the provider's own shape, before it is put into an envelope and signed.
Event = dict[str, Any]
Route = Callable[..., ApiAnswer]


@dataclass
class Account:
    """One customer account at the provider: what the desk was told of it is in `keys`."""

    token: str
    hook_url: str
    keys: dict[str, Any]
    faults: Faults = field(default_factory=Faults)
    # Where the provider's interfaces are found, as the desk and phones call them.
    base: str = "https://simulator.example"


@dataclass(frozen=True)
class Challenge:
    """A provider's own way to ask whether an address belongs to the desk, and what it must answer."""

    hook: Hook
    is_met: Callable[[int, bytes], bool]


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Let a method answer a part of the interface; `{name}` in the path becomes an argument."""
    compiled = re.compile(re.sub(r"\{([a-z_]+)\}", r"(?P<\1>[^/]+)", pattern))

    def mark(answer: Route) -> Route:
        answer.__dict__.setdefault("routes", []).append((method, compiled))
        return answer

    return mark


class Provider:
    """One provider: doings of customers become signed web hooks, calls of its interface become answers and messages."""

    kind: ClassVar[str]
    # What customers can do here, which receipts the provider sends, whether it puts several events into one request.
    acts: ClassVar[frozenset[Act]] = frozenset({Act.TEXT})
    roles: ClassVar[frozenset[str]] = frozenset()
    reports: ClassVar[frozenset[str]] = frozenset()
    batches: ClassVar[bool] = False
    # Whether a web hook may come a second time, with the same id.
    redelivers: ClassVar[bool] = True
    # Whether an undeliverable message is refused at once rather than reported later.
    bounces_at_once: ClassVar[bool] = False
    # Seconds after the customer's last doing in which the desk may write; None: any time.
    window: ClassVar[float | None] = None
    # Whether the desk may write to somebody who never wrote.
    can_start: ClassVar[bool] = False
    # Whether a web hook carries proof of where it comes from; where not, its address is the secret.
    is_signed: ClassVar[bool] = True
    # What the desk hears of over a connection of its own rather than by web hook.
    pulled: ClassVar[frozenset[Act]] = frozenset()
    # Whether customers' answers name what they answer; whether a sticker's picture can be had.
    quotes: ClassVar[bool] = False
    gives_stickers: ClassVar[bool] = True
    # Whether the desk may write only while a session is open; whether its answer is the answer to the web hook.
    needs_session: ClassVar[bool] = False
    answers_in_hook: ClassVar[bool] = False
    _routes: ClassVar[list[tuple[str, re.Pattern[str], str]]] = []

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._routes = [
            (method, pattern, name)
            for name in dir(cls)
            for method, pattern in getattr(getattr(cls, name), "routes", ())
        ]

    def __init__(self, account: Account, world: World) -> None:
        self.account = account
        self.world = world
        # What the call under way led to: messages that the desk sent, web hooks that go with them.
        self.sent: list[Message] = []
        self.told: list[Event] = []

    # ── The account ──────────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        """Ids, tokens and secrets of a new account."""
        return {}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What an admin enters at the desk: (configuration, secrets), by the names of the connector's form."""
        return {}, {}

    def adopt(self, handover: Sequence[str]) -> None:
        """Take over what an admin copies from the desk to the provider's own settings."""

    @property
    def keys(self) -> dict[str, Any]:
        return self.account.keys

    def address_of(self, human: Human) -> str:
        """The provider's id of a person."""
        return human.scoped(self.account.token)

    def meet(self, human: Human) -> Contact:
        """The person as this account knows them, from now on if not before."""
        address = self.address_of(human)
        known = self.world.contact(address)
        return known or self.world.keep_contact(Contact(address, human.name, human.phone, human.language))

    def contact(self, address: str) -> Contact:
        found = self.world.contact(address)
        if found is None:
            raise LookupError(address)
        return found

    # ── Customers' doings ────────────────────────────────────────────────────────────────────────────────────────────
    def events(self, doing: Doing) -> list[Event]:
        """What the provider tells the desk of a doing; what both phones show is kept in the world."""
        play: Callable[[Doing], Iterable[Event]] = getattr(self, f"on_{doing.act.value}")
        return list(play(doing))

    def pack(self, events: Sequence[Event]) -> list[Hook]:
        """Signed requests that tell all of it, in order."""
        return [self.hook(event) for event in events]

    def hook(self, event: Event) -> Hook:
        """One signed request for one event."""
        raise NotImplementedError

    def anything(self, body: Any) -> Hook:
        """A body of any shape, signed as if it were the provider's: what a desk must survive."""
        return self.hook(body)

    def hooks(self, doing: Doing) -> list[Hook]:
        """The signed requests that a doing leads to."""
        return self.pack(self.events(doing))

    def challenge(self) -> Challenge | None:
        """How the provider verifies an address before it delivers there; None where it does not."""
        return None

    def heard(self, hook: Hook, answer: ApiAnswer) -> None:
        """What the desk answered to a web hook; matters where the answer itself is the message."""

    def written(self, doing: Doing, *, kind: str = "text", file: File | None = None, **more: Any) -> Message:
        """Keep what a customer wrote, which opens the window."""
        contact = self.contact(doing.address)
        contact.act()
        self.world.keep_contact(contact)
        files = [file.key] if file else []
        said = Message(
            self.new_id(), doing.address, True, kind, doing.text, files, doing.target, notes=dict(doing.extra), **more
        )
        return self.world.keep(said)

    def acted(self, address: str) -> Contact:
        """A doing that is no message but opens the window."""
        contact = self.contact(address)
        contact.act()
        return self.world.keep_contact(contact)

    def uploaded(self, upload: Upload) -> File:
        """Keep a customer's file."""
        return self.world.keep_file(File(self.new_file_id(), upload.name, upload.content_type, upload.content))

    def message(self, key: str) -> Message:
        found = self.world.message(key)
        if found is None:
            raise LookupError(key)
        return found

    def change(self, key: str, **columns: Any) -> Message:
        """Change a message that both phones show."""
        message = self.message(key)
        for name, value in columns.items():
            setattr(message, name, value)
        return self.world.keep(message)

    def read_up_to(self, address: str) -> list[Message]:
        """Let a customer read all that the desk sent: those that were unread."""
        unread = [one for one in self.world.unread(address) if not one.is_theirs]
        for one in unread:
            one.state = READ
            self.world.keep(one)
        return unread

    def new_id(self) -> str:
        """An id for a message."""
        return f"{self.account.token[:6]}-{self.world.number()}"

    def new_file_id(self) -> str:
        return f"f{self.world.number()}{signing.token()[:12]}"

    def media_url(self, file: File) -> str:
        """Where the provider serves a customer's file."""
        return f"{self.account.base}/cdn/{file.key}"

    # ── The provider's interface ─────────────────────────────────────────────────────────────────────────────────────
    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call as the provider would; what it led to is in `sent` and `told`."""
        self.sent, self.told = [], []
        faults = self.account.faults
        if faults.server_error:
            return self.broken()
        if faults.too_many_requests:
            return self.busy()
        try:
            return self._routed(call)
        except Refusal as refusal:
            self.sent, self.told = [], []
            return refusal.answer

    def _routed(self, call: ApiCall) -> ApiAnswer:
        for method, pattern, name in self._routes:
            if method == call.method and (found := pattern.fullmatch(call.path)):
                return getattr(self, name)(call, **found.groupdict())
        return self.unknown_path(call)

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return told({"error": "not found"}, 404)

    def broken(self) -> ApiAnswer:
        """The provider's words for a mistake of its own."""
        return ApiAnswer(500, b"Internal Server Error", "text/plain")

    def busy(self) -> ApiAnswer:
        """The provider's words for too many requests."""
        return told({"error": "too many requests"}, 429, Retry_After="30")

    @property
    def is_refusing(self) -> bool:
        """Whether the provider takes the desk's credentials for expired."""
        return self.account.faults.expired_token

    def is_outside_window(self, contact: Contact) -> bool:
        """Whether the time in which the desk may write to them is over."""
        if self.account.faults.closed_window:
            return True
        return self.window is not None and contact.seconds_since() > self.window

    def take(self, contact: Contact, **columns: Any) -> Message:
        """Accept a message of the desk."""
        columns.setdefault("id", self.new_id())
        contact.sends_this_turn += 1
        self.world.keep_contact(contact)
        message = self.world.keep(Message(address=contact.address, is_theirs=False, **columns))
        self.sent.append(message)
        return message

    def typing_to(self, address: object) -> None:
        """Let a customer's phone show that somebody writes; blank: to nobody any more."""
        self.world.notes["typing"] = [str(address or ""), signing.seconds()]

    @route("GET", "cdn/{key}")
    def serve(self, call: ApiCall, key: str) -> ApiAnswer:
        """A file at the address that the provider gave out."""
        file = self.world.file(key)
        return ApiAnswer(200, file.content, file.content_type) if file else ApiAnswer(404, b"", "text/plain")

    # ── Receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def fate(self, message: Message) -> list[str]:
        """How a message that was accepted fares until the customer looks at it."""
        if self.account.faults.bounce and FAILED in self.reports and not self.bounces_at_once:
            return [FAILED]
        return [state for state in (SENT, DELIVERED) if state in self.reports]

    def report(self, message: Message, state: str) -> list[Event]:
        """What the provider tells of a message that reached a state; nothing where it tells nothing."""
        message.state = state
        self.world.keep(message)
        return list(self.receipt(message, state)) if state in self.reports else []

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        raise NotImplementedError


def picked(source: Mapping[str, Any], *path: str | int) -> Any:
    """The value at a path of a nested body, or None where something is missing."""
    found: Any = source
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found
