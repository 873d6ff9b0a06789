"""What a connector is, and what it may know of its channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from channels_app.contract.calls import CallDesk, CallOrder
from channels_app.contract.capabilities import Capabilities
from channels_app.contract.failures import Rejected
from channels_app.contract.news import ContactUpdate, Inbound
from channels_app.contract.parts import parts_of
from channels_app.contract.received import Address, FetchedFile, RemoteFile
from channels_app.contract.rooms import Guest, Room, Seat
from channels_app.contract.sent import OutboundMessage, Receipt, Template, Window

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


class Account(Protocol):
    """What a connector may know of its channel."""

    name: str
    token: str
    config: dict[str, Any]
    secrets: dict[str, Any]
    cursor: dict[str, Any]

    @property
    def account(self) -> str: ...

    @property
    def hook_url(self) -> str:
        """The public address at which the provider delivers; ends with a slash, a provider may append to it."""

    def keep_secrets(self, **secrets: str) -> None:
        """Store secrets that the provider has renewed."""

    def renew_secrets(self, renew: Callable[[Mapping[str, Any]], Mapping[str, str]]) -> None:
        """Store what `renew` makes of the secrets as they are now, one process at a time: it sees what another renewed."""


class Inlet(Protocol):
    """Where a connector that polls puts what it finds, for as long as it is open."""

    @property
    def is_open(self) -> bool:
        """Whether to go on; also keeps the lease, so ask at least every half minute."""

    @property
    def cursor(self) -> Mapping[str, Any]:
        """How far the account has been read."""

    def keep(self, body: bytes, *, cursor: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Store one find and move the cursor behind it, in one transaction; raises LeaseLost."""

    def skip(self, cursor: Mapping[str, Any]) -> None:
        """Move the cursor where nothing was found to keep."""

    def report(self, *, waiting: int, oldest: datetime | None) -> None:
        """Say how much is still to be read, and since when the oldest of it waits."""

    def pause(self, seconds: float) -> None:
        """Wait, less long where the inlet closes meanwhile."""


class LeaseLost(Exception):
    """Another process reads this account now: stop."""


class ReceivedEnvelope(Protocol):
    """What a connector parses: the raw bytes of one request or mail; `path` is what followed the hook's own address."""

    @property
    def body(self) -> bytes | memoryview: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True)
class Tile:
    """How a channel is drawn: a css class of the palette and an icon id or a letter."""

    css: str
    icon: str = ""
    letter: str = ""


class Connector:
    """Translates between one provider's protocol and the dataclasses above. Knows nothing of conversations or tables."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    tile: ClassVar[Tile] = Tile("ch", icon="mail")
    # Where it depends on what an admin entered, an instance says what its own account can do; `variants` names them all.
    capabilities: Capabilities = Capabilities()
    variants: ClassVar[Mapping[str, Capabilities]] = {}
    # Templates show label and tile of the class itself; without this they would make an instance first.
    do_not_call_in_templates: ClassVar[bool] = True

    # Where the provider's interfaces are, by name; a simulator or a proxy takes their place in the channel's config.
    endpoints: ClassVar[Mapping[str, str]] = {}
    # Fields of the settings form that go to the vault; of those that rotate, the one before stays valid beside the new.
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    rotating_secrets: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, account: Account) -> None:
        self.account = account

    @classmethod
    def settings_form(cls) -> type[forms.Form] | None:
        """The form an admin fills in to connect this channel; fields named in `secret_fields` go to the vault."""
        return None

    def endpoint(self, name: str) -> str:
        """The address of one of the provider's interfaces, without a slash at its end."""
        chosen = self.account.config.get("endpoints", {}).get(name)
        return (chosen or self.endpoints[name]).rstrip("/")

    def active_secrets(self, name: str) -> list[str]:
        """A secret and, while it is being rotated, the one before; empty where none was entered."""
        stored = self.account.secrets
        return [stored[key] for key in (name, f"{name}_previous") if stored.get(key)]

    @property
    def credential_headers(self) -> frozenset[str]:
        """Request headers, in lower case, that carry a secret as it is: the vault, which is not encrypted, leaves them out."""
        return frozenset({"authorization", "cookie"})

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a provider's verification request; None where the request is not one."""
        return None

    def authenticate(self, request: HttpRequest) -> None:
        """Check over the raw body that the provider sent this; raises Rejected."""
        raise Rejected(f"{self.kind} takes no web hooks")

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to an authentic request that breaks the schema and whose sender mends it; then nothing is kept."""
        return None

    def complete(self, request: HttpRequest) -> bytes:
        """The body to keep: its own, or with that in it which it names and which will be gone within seconds."""
        return request.body

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """What makes a received request unique within the channel; blank: a hash of what was received is used."""
        return ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        """The answer a provider wants to what is now kept; None for an empty 200."""
        return None

    def acknowledge_again(self, kept: ReceivedEnvelope, repeated: bytes) -> HttpResponse | None:
        """The answer to a body that came under the dedup key of one that is kept; None for an empty 200."""
        return self.acknowledge(kept)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """Understand a received request. An unknown kind gives nothing; only what is broken raises."""
        raise NotImplementedError

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """Get the bytes of a file that came as an address or a handle; raises DeliveryError."""
        raise NotImplementedError

    def profile(self, address: Address) -> ContactUpdate | None:
        """What the provider tells of a customer who wrote for the first time; None where it tells nothing."""
        return None

    def drain(self, inlet: Inlet, hint: Mapping[str, str]) -> None:
        """Fetch all that a Knock announced; raises DeliveryError or LeaseLost."""
        raise NotImplementedError

    @property
    def is_polled(self) -> bool:
        """Whether this account has to be watched."""
        return self.capabilities.is_polled

    def watch(self, inlet: Inlet) -> None:
        """Read a polled account until the inlet closes; raises DeliveryError where it cannot be read."""
        raise NotImplementedError

    def owns(self, address: str) -> bool:
        """Whether what is sent to this raw address (an SMTP recipient, say) is for this account."""
        return False

    def answer(self, envelope: ReceivedEnvelope, desk: CallDesk) -> HttpResponse | None:
        """What a telephone call does next, asked while the caller waits on the line; None where nothing was asked.

        The same request gives the same answer: providers repeat it where ours was late. Nothing slow may be done here.
        """
        return None

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        """What `send` is called with, one after the other: each is one message of the provider's. Same in, same out."""
        return parts_of(message, self.capabilities)

    def send(self, message: OutboundMessage) -> Receipt:
        """Hand one part to the provider; raises TemporaryFailure, PermanentFailure or UnknownOutcome."""
        raise NotImplementedError

    def call(self, order: CallOrder) -> Receipt:
        """Ring one of us and then the customer; `external_id` names the call. Raises DeliveryError."""
        raise NotImplementedError

    def open_room(self) -> Room:
        """Make a room for a video call (`makes_rooms`); raises DeliveryError."""
        raise NotImplementedError

    def seat(self, room: Room, guest: Guest, until: datetime) -> Seat:
        """How somebody enters a room that this connector made; raises DeliveryError."""
        raise NotImplementedError

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        """Put an emoji on a message of theirs, blank takes it away; raises DeliveryError."""
        raise NotImplementedError

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        """Let the customer see that somebody writes; `last_id` is their newest message. Raises DeliveryError."""
        raise NotImplementedError

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        """Let the customer see that their messages up to this one were read; raises DeliveryError."""
        raise NotImplementedError

    def end_session(self, address: Address) -> None:
        """Close the provider's session when the conversation is resolved (`ends_sessions`); raises DeliveryError."""
        raise NotImplementedError

    def templates(self) -> Sequence[Template]:
        """The texts that the provider has approved for this account; raises DeliveryError."""
        return ()

    def render(self, text: str) -> tuple[str, str]:
        """What the channel will really send of a composed text with light Markdown: (text, html or blank)."""
        return text, ""

    def address_of(self, raw: str) -> Address:
        """Normalise an address typed by a person; raises ValueError where it cannot be one of this channel's."""
        raise ValueError(raw)

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def consent_url(self, *, redirect_uri: str, state: str) -> str:
        """The provider's page on which an admin lets us in; blank where a channel needs none."""
        return ""

    def take_consent(self, *, code: str, redirect_uri: str) -> None:
        """Exchange the code that the consent page sent back; raises DeliveryError."""
        raise NotImplementedError

    def handover(self) -> Sequence[tuple[Text, str]]:
        """Addresses and commands that an admin copies to the provider: (what it is, value)."""
        return ()

    def overview(self) -> Sequence[str]:
        """What an admin has set up, in sentences; empty where the settings themselves say it."""
        return ()

    def register(self) -> None:
        """Tell the provider where to deliver, where it can be told by its interface; raises DeliveryError."""

    def check(self) -> None:
        """Prove that the account works (log in, ask the provider); raises DeliveryError with advice."""
