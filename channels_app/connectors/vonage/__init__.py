"""Vonage's Messages API: SMS, WhatsApp, Messenger, Viber Business and RCS in one shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import phone, tolerant
from channels_app.connectors.plain_text import plain
from channels_app.connectors.vonage import inbound, outbound, tokens
from channels_app.connectors.vonage.forms import ROTATING, SECRETS, VonageForm
from channels_app.connectors.vonage.networks import LABELS, MEGABYTE, NETWORKS
from channels_app.connectors.vonage.problems import refusal
from channels_app.contract import (
    Address,
    Connector,
    FetchedFile,
    Inbound,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Template,
    Tile,
    Window,
)
from channels_app.contract.connector import Account

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

OWN_HOSTS = (".nexmo.com", ".vonage.com")
MOST_FETCHED = 200 * MEGABYTE


class VonageConnector(Connector):
    """One sender of an application, on one network."""

    kind = "vonage"
    label = _("SMS, WhatsApp, Messenger, Viber or RCS by Vonage")
    tile = Tile("ch ch--phone", icon="message-square-text")
    capabilities = NETWORKS["sms"]
    variants = {LABELS[network]: can for network, can in NETWORKS.items()}
    endpoints = {
        "api": "https://api.nexmo.com",
        "eu": "https://api-eu.vonage.com",
        "us": "https://api-us.vonage.com",
        "ap": "https://api-ap.vonage.com",
    }
    secret_fields: ClassVar[frozenset[str]] = SECRETS
    rotating_secrets: ClassVar[frozenset[str]] = ROTATING

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.capabilities = NETWORKS.get(account.config.get("network", ""), NETWORKS["sms"])

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return VonageForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        tokens.authenticate(self, request)

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return inbound.key_of(envelope)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(envelope)

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """Vonage's own hosts get our token, others (a network's own storage) none."""
        is_own = http.lies_with(file.url, beside=self.endpoint("api"), domains=OWN_HOSTS)
        headers = tokens.bearer(self) if is_own else {}
        answer = http.request("GET", file.url, headers=headers, max_bytes=MOST_FETCHED, seconds=60).raise_for_status()
        return FetchedFile(answer.body, answer.headers.get("content-type", ""))

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        answer = self._ask("POST", f"{self._home}/v1/messages", outbound.body_of(self, message))
        return Receipt(tolerant.text(answer, "message_uuid"))

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        body = outbound.reaction_body(self, address.value, target_id, emoji)
        self._ask("POST", f"{self._home}/v1/messages", body)

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        self._tell(window, last_id, {"status": "read"})

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        """WhatsApp shows it for some seconds on their newest message, which it marks as read with it."""
        if last_id:
            self._tell(window, last_id, {"status": "read", "replying_indicator": {"type": "text", "show": True}})

    def templates(self) -> Sequence[Template]:
        waba = self.account.config.get("waba_id")
        if not (self.capabilities.has_templates and waba):
            return ()
        url = f"{self.endpoint('api')}/v2/whatsapp-manager/wabas/{waba}/templates"
        return list(outbound.templates_in(self._ask("GET", url)))

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.account.config.get("region", ""))

    # Connecting
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Inbound URL and status URL of the application's messages"), self.account.hook_url)]

    def check(self) -> None:
        """An empty message is refused for what it lacks (422) once our token has been accepted."""
        answer = http.request("POST", f"{self._home}/v1/messages", headers=tokens.bearer(self), json_body={})
        if answer.status != 422:
            raise refusal(answer)

    @property
    def _home(self) -> str:
        return self._region(self.account.config.get("home") or "api")

    def _region(self, name: str) -> str:
        """A region's address; who takes the place of the whole interface takes that of its regions too."""
        taken = self.account.config.get("endpoints", {})
        return self.endpoint("api" if "api" in taken and name not in taken else name)

    def _tell(self, window: Window, message_id: str, news: Mapping[str, Any]) -> None:
        """Only the region that holds a message knows it; where it is not known, the account's own is asked."""
        named = [name.removeprefix(inbound.REGION) for name in window.handles if name.startswith(inbound.REGION)]
        base = self._region(named[0]) if named else self._home
        self._ask("PATCH", f"{base}/v1/messages/{message_id}", dict(news))

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        answer = http.request(method, url, headers=tokens.bearer(self), json_body=body)
        if not answer.is_ok:
            raise refusal(answer)
        return tolerant.peek(answer.body)
