"""The contract's part for channels whose customers write in a panel that the desk itself serves on other people's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels_app.contract import Address, Connector


@dataclass(frozen=True)
class HostPerson:
    """Whom the host site vouches for. `token_id` may be used once; `proven` are addresses that the host has verified."""

    subject: str
    token_id: str
    expires_at: datetime
    name: str = ""
    proven: Sequence[Address] = ()


@dataclass(frozen=True)
class PanelField:
    """One question that is asked before the first message."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    is_required: bool = False
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class PanelLook:
    """What a visitor sees before anybody wrote."""

    brand: str
    greeting: str
    introduction: str = ""
    colour: str = ""
    help: str = ""
    links: Sequence[dict[str, str]] = ()
    offers_calls: bool = False
    fields: Sequence[PanelField] = ()
    consent: str = ""
    consent_version: str = ""

    @property
    def initial(self) -> str:
        """The sign on the brand's tile."""
        return self.brand[:1].upper()

    def asked(self, name: str) -> PanelField | None:
        """The question of that name, if it is asked."""
        return next((question for question in self.fields if question.name == name), None)


@dataclass(frozen=True)
class PanelForm:
    """The form for those without the chat: what it says, and what it asks beside the message."""

    title: str
    introduction: str
    thanks: str
    fields: Sequence[PanelField] = ()
    takes_files: bool = False
    consent: str = ""
    consent_version: str = ""


@dataclass(frozen=True)
class PanelMessage:
    """What a visitor sent, as it is put into the vault."""

    visitor: str
    client_id: str
    text: str
    is_verified: bool = False
    uploads: Sequence[str] = ()
    page: dict[str, str] = field(default_factory=dict)
    language: str = ""
    subject: str = ""


@dataclass(frozen=True)
class PanelAnswers:
    """What a visitor answered to the form before the first message, as it is put into the vault."""

    visitor: str
    answers: dict[str, str]
    is_verified: bool = False


class PanelConnector(Connector):
    """A connector whose far end is our own panel."""

    def admits(self, origin: str) -> bool:
        """Whether pages of this origin may show the panel."""
        raise NotImplementedError

    @property
    def admits_apps(self) -> bool:
        """Whether a program may open sessions by itself, without a frame of ours around it."""
        raise NotImplementedError

    def person(self, token: str) -> HostPerson:
        """Whom a token of the host site names; raises Rejected for one that is forged, expired or meant for others."""
        raise NotImplementedError

    def look(self) -> PanelLook:
        """What the panel shows, in the active language."""
        raise NotImplementedError

    def form(self) -> PanelForm:
        """What the form without the chat asks, in the active language."""
        raise NotImplementedError

    def visitor_address(self, key: str, *, is_verified: bool = False) -> Address:
        """The address of a visitor."""
        raise NotImplementedError

    def pack(self, sent: PanelMessage | PanelAnswers) -> bytes:
        """The bytes of what a visitor sent, for the vault; `parse` reads them."""
        raise NotImplementedError

    def complaints(self, answers: Mapping[str, str], *, of: Sequence[str] = ()) -> dict[str, str]:
        """What is wrong with the answers to the form, by field; `of` limits the check to these fields, then required."""
        raise NotImplementedError

    def external_id(self, visitor: str, client_id: str) -> str:
        """What makes a visitor's message unique within the channel."""
        raise NotImplementedError
