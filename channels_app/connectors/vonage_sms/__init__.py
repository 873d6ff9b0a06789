"""Vonage's SMS API. For new work their Messages API is better: signed by JWT, long messages in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import phone, tolerant
from channels_app.connectors.plain_text import plain
from channels_app.connectors.vonage_sms import inbound, signing
from channels_app.connectors.vonage_sms.problems import problem
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    Inbound,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    TextUnit,
    Tile,
    UnknownOutcome,
)
from channels_app.contract.lengths import is_gsm

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

SECRETS = frozenset({"api_secret", "signature_secret"})
ALGORITHMS = [
    ("sha256", "SHA-256 HMAC"),
    ("sha512", "SHA-512 HMAC"),
    ("sha1", "SHA-1 HMAC"),
    ("md5", "MD5 HMAC"),
    ("md5hash", "MD5 hash"),
]


def secret(label: Any, **options: Any) -> forms.CharField:
    """A field that is entered once and never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, widget=widget, max_length=200, **options)


class VonageSmsForm(forms.Form):
    """The account, its signature, the sender."""

    groups = (
        (_("Account"), "", ("api_key", "api_secret")),
        (_("Signed web hooks"), "", ("signature_secret", "algorithm")),
        (_("Sender"), "", ("sender", "region")),
    )

    api_key = forms.RegexField(
        r"^[0-9a-zA-Z]{6,16}$",
        label=_("API key"),
        help_text=_("On the first page of Vonage's dashboard."),
        error_messages={"invalid": _("An API key is eight digits and letters.")},
    )
    api_secret = secret(_("API secret"))
    signature_secret = secret(
        _("Signature secret"),
        help_text=_(
            "In the account's API settings. Signing must be switched on there; unsigned web hooks are refused."
        ),
    )
    algorithm = forms.ChoiceField(label=_("Signature method"), choices=ALGORITHMS, initial="sha256")
    sender = forms.CharField(
        label=_("Sender"), max_length=20, help_text=_("A number of the account, or a name to which nobody can answer.")
    )
    region = phone.RegionField()


class VonageSmsConnector(Connector):
    """One number of a Vonage account, by the older interface."""

    kind = "vonage_sms"
    label = _("SMS by Vonage (SMS API)")
    tile = Tile("ch ch--phone", icon="message-square-text")
    capabilities = Capabilities(
        max_text=10,
        text_unit=TextUnit.GSM_SEGMENTS,
        most_parts=2,
        can_start=True,
        obeys_opt_out=True,
        sends_delivered=True,
        identity_kind=phone.KIND,
    )
    endpoints = {"rest": "https://rest.nexmo.com"}
    secret_fields: ClassVar[frozenset[str]] = SECRETS
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"signature_secret"})

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return VonageSmsForm

    def authenticate(self, request: HttpRequest) -> None:
        signing.authenticate(self, request)

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return inbound.key_of(envelope)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(envelope)

    def send(self, message: OutboundMessage) -> Receipt:
        """Vonage answers 200 whatever happens; each short message of a long text has a status of its own."""
        text = plain(message.text)
        form = {
            "from": phone.bare(self.account.config["sender"]),
            "to": phone.bare(message.recipient.value),
            "text": text,
            # Not found out by Vonage itself (recall).
            "type": "text" if is_gsm(text) else "unicode",
            "status-report-req": "1",
            "callback": self.account.hook_url[:100],
            "client-ref": message.delivery_key[:100],
        }
        answer = http.request("POST", f"{self.endpoint('rest')}/sms/json", headers=self._keys(), form=form)
        return _receipt(tolerant.items(tolerant.peek(answer.raise_for_status().body), "messages"))

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.account.config.get("region", ""))

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Web hooks for inbound SMS and delivery receipts, by POST"), self.account.hook_url)]

    def check(self) -> None:
        url = f"{self.endpoint('rest')}/account/get-balance"
        http.request("GET", url, headers=self._keys()).raise_for_status()

    def _keys(self) -> dict[str, str]:
        return http.basic(self.account.config["api_key"], self.account.secrets.get("api_secret", ""))


def _receipt(sent: Sequence[Mapping[str, Any]]) -> Receipt:
    """The first short message stands for all; where only some went out, nobody knows what the customer reads."""
    refused = [one for one in sent if tolerant.text(one, "status") != "0"]
    if sent and not refused:
        ids = [tolerant.text(one, "message-id") for one in sent]
        return Receipt(ids[0], details={"segments": len(ids), "ids": ids})
    status = tolerant.text(refused[0], "status") if refused else ""
    words = tolerant.text(refused[0], "error-text") if refused else "no message in the answer"
    if len(refused) < len(sent):
        raise UnknownOutcome(words, code=status, advice=_("Only a part of the message was sent."))
    raise problem(status).failure(words or f"status {status}", code=status)
