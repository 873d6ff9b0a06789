"""What a connector is, and what it may know of its channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from channels_app.contract.capabilities import Capabilities
from channels_app.contract.failures import Rejected
from channels_app.contract.received import Address, Inbound
from channels_app.contract.sent import OutboundMessage, Receipt

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

    def keep_secrets(self, **secrets: str) -> None:
        """Store secrets that the provider has renewed."""


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
    """What a connector parses: the raw bytes of one request or mail."""

    @property
    def body(self) -> bytes | memoryview: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...
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
    capabilities: ClassVar[Capabilities] = Capabilities()
    # Templates show label and tile of the class itself; without this they would make an instance first.
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self.account = account

    @classmethod
    def settings_form(cls) -> type[forms.Form] | None:
        """The form an admin fills in to connect this channel; fields named in `secret_fields` go to the vault."""
        return None

    secret_fields: ClassVar[frozenset[str]] = frozenset()

    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a provider's verification request; None where the request is not one."""
        return None

    def authenticate(self, request: HttpRequest) -> None:
        """Check over the raw body that the provider sent this; raises Rejected."""
        raise Rejected(f"{self.kind} takes no web hooks")

    def dedup_key(self, body: bytes, headers: Mapping[str, str]) -> str:
        """What makes a received request unique within the channel; blank: a hash of the body is used."""
        return ""

    def acknowledge(self) -> HttpResponse | None:
        """The body a provider wants as its 2xx; None for an empty 200."""
        return None

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """Understand a received request. An unknown kind gives nothing; only what is broken raises."""
        raise NotImplementedError

    def send(self, message: OutboundMessage) -> Receipt:
        """Hand one message to the provider; raises TemporaryFailure, PermanentFailure or UnknownOutcome."""
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

    def consent_url(self, *, redirect_uri: str, state: str) -> str:
        """The provider's page on which an admin lets us in; blank where a channel needs none."""
        return ""

    def take_consent(self, *, code: str, redirect_uri: str) -> None:
        """Exchange the code that the consent page sent back; raises DeliveryError."""
        raise NotImplementedError

    def handover(self) -> Sequence[tuple[Text, str]]:
        """Addresses and commands that an admin copies to the provider: (what it is, value)."""
        return ()

    def check(self) -> None:
        """Prove that the account works (log in, ask the provider); raises DeliveryError with advice."""

    def address_of(self, raw: str) -> Address:
        """Normalise an address typed by a person; raises ValueError where it cannot be one of this channel's."""
        raise ValueError(raw)

    def render(self, text: str) -> tuple[str, str]:
        """What the channel will really send of a composed text with light Markdown: (text, html or blank)."""
        return text, ""
