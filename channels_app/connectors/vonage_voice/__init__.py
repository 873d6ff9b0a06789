"""Telephone calls by Vonage: a flow built in settings, agents rung at their own telephones, calls by a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import phone, tolerant
from channels_app.connectors.own_number import OwnNumberForm
from channels_app.connectors.vonage import MOST_FETCHED, OWN_HOSTS, tokens
from channels_app.connectors.vonage.forms import ROTATING, SECRETS, VonageApplicationForm
from channels_app.connectors.vonage.problems import refusal
from channels_app.connectors.vonage_voice import inbound
from channels_app.connectors.vonage_voice.ncco import Ncco, Script
from channels_app.contract import (
    Address,
    CallDesk,
    CallOrder,
    Capabilities,
    Connector,
    FetchedFile,
    Inbound,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Tile,
)
from channels_app.voice.flow import flow_of
from channels_app.voice.forms import GROUPS, FlowForm
from channels_app.voice.preview import describe
from channels_app.voice.steps import next_actions, step_at

if TYPE_CHECKING:
    from channels_app.contract.connector import Text


class VonageVoiceForm(VonageApplicationForm, OwnNumberForm, FlowForm):
    """The application, the number, and what callers meet."""

    groups = (
        (_("Application"), "", ("application_id", "api_key", "signature_secret", "private_key")),
        (_("Number"), "", ("sender", "region")),
        *GROUPS,
    )


class VonageVoiceConnector(Connector):
    """One number of a Vonage application."""

    kind = "vonage_voice"
    label = _("Telephone by Vonage")
    tile = Tile("ch ch--phone", icon="phone")
    capabilities = Capabilities(is_voice=True, identity_kind=phone.KIND)
    endpoints = {"api": "https://api.nexmo.com"}
    secret_fields: ClassVar[frozenset[str]] = SECRETS
    rotating_secrets: ClassVar[frozenset[str]] = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return VonageVoiceForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        tokens.authenticate(self, request)

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return inbound.key_of(envelope)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(envelope, flow_of(self.account.config))

    def answer(self, envelope: ReceivedEnvelope, desk: CallDesk) -> HttpResponse | None:
        """A list of actions replaces what is left of the call, an empty answer leaves it as it is."""
        request = inbound.asked(envelope)
        ncco = self._script(request, desk) if request.call_id else None
        return JsonResponse(ncco, safe=False) if ncco is not None else HttpResponse(status=204)

    def _script(self, request: inbound.Asked, desk: CallDesk) -> Ncco | None:
        flow = flow_of(self.account.config)
        script = Script(self.account.hook_url, self.account.config.get("sender", ""))
        if request.is_of_a_leg and request.status not in inbound.NOT_REACHED:
            return None
        match request.about:
            case "" | "step":
                return script.actions(next_actions(flow, step_at(request.path), request.heard, desk))
            case "whisper":
                return script.whisper(flow.speaks(request.rest) or flow.language)
            case "bridge":
                number = desk.customer_number(request.rest)
                return script.bridge(request.rest, number, language=flow.language, records=flow.records)
        return None

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """A recording; our token goes to Vonage's own hosts alone, and a recording is kept nowhere else."""
        if not http.lies_with(file.url, beside=self.endpoint("api"), domains=OWN_HOSTS):
            raise PermanentFailure(
                "the file is not at Vonage's", code="host", advice=_("The file is not kept by Vonage.")
            )
        headers = tokens.bearer(self)
        answer = http.request("GET", file.url, headers=headers, max_bytes=MOST_FETCHED, seconds=60).raise_for_status()
        return FetchedFile(answer.body, answer.headers.get("content-type", ""))

    # Out
    def call(self, order: CallOrder) -> Receipt:
        hook = self.account.hook_url
        body = {
            "to": [{"type": "phone", "number": phone.bare(order.agent)}],
            "from": {"type": "phone", "number": phone.bare(self.account.config["sender"])},
            "answer_url": [f"{hook}bridge/{order.key}/"],
            "answer_method": "POST",
            "event_url": [f"{hook}status/{order.key}/"],
            "event_method": "POST",
            "ringing_timer": 30,
        }
        placed = self._ask("POST", "/v1/calls", body)
        return Receipt(tolerant.text(placed, "conversation_uuid"), details={"uuid": tolerant.text(placed, "uuid")})

    def send(self, message: OutboundMessage) -> Receipt:
        raise PermanentFailure("a call carries no text", code="voice", advice=_("Call, or choose another channel."))

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.account.config.get("region", ""))

    # Connecting
    def handover(self) -> Sequence[tuple[Text, str]]:
        hook = self.account.hook_url
        return [
            (_("Answer URL of the application's voice capability, by POST"), hook),
            (_("Event URL, by POST; switch on signed callbacks"), f"{hook}status/"),
        ]

    def overview(self) -> Sequence[str]:
        return describe(flow_of(self.account.config))

    def check(self) -> None:
        """Ask for one call, which only the application's key may."""
        self._ask("GET", "/v1/calls?page_size=1")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        answer = http.request(method, f"{self.endpoint('api')}{path}", headers=tokens.bearer(self), json_body=body)
        if not answer.is_ok:
            raise refusal(answer)
        return tolerant.peek(answer.body)
