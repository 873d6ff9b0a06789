"""Telephone calls by Twilio: a flow built in settings, agents rung at their own telephones, calls by a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone
from channels_app.connectors.own_number import OwnNumberForm
from channels_app.connectors.twilio import MOST_FETCHED, api, signing
from channels_app.connectors.twilio.forms import ROTATING, SECRETS, TwilioAccountForm
from channels_app.connectors.twilio_voice import inbound
from channels_app.connectors.twilio_voice.twiml import ACCEPT_KEY, Script
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


class TwilioVoiceForm(TwilioAccountForm, OwnNumberForm, FlowForm):
    """The account, the number, and what callers meet."""

    groups = (
        (_("Account"), "", ("account_sid", "auth_token", "api_key", "api_secret", "shared_key")),
        (_("Number"), "", ("sender", "region")),
        *GROUPS,
    )


class TwilioVoiceConnector(Connector):
    """One number of a Twilio account."""

    kind = "twilio_voice"
    label = _("Telephone by Twilio")
    tile = Tile("ch ch--phone", icon="phone")
    capabilities = Capabilities(is_voice=True, identity_kind=phone.KIND)
    endpoints = {"api": "https://api.twilio.com"}
    secret_fields: ClassVar[frozenset[str]] = SECRETS
    rotating_secrets: ClassVar[frozenset[str]] = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return TwilioVoiceForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        signing.authenticate(self, request)

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return inbound.key_of(envelope)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(envelope, flow_of(self.account.config))

    def answer(self, envelope: ReceivedEnvelope, desk: CallDesk) -> HttpResponse | None:
        request = inbound.asked(envelope)
        written = self._script(request, desk) if request.sid else b"<Response/>"
        return HttpResponse(written, content_type="text/xml")

    def _script(self, request: inbound.Asked, desk: CallDesk) -> bytes:
        script, config = Script(self.account.hook_url), self.account.config
        flow, (_about, _slash, rest) = flow_of(config), request.path.strip("/").partition("/")
        match request.about:
            case "" | "step":
                return script.actions(next_actions(flow, step_at(request.path), request.heard, desk))
            case "whisper":
                return script.whisper(flow.speaks(rest) or flow.language)
            case "accept":
                return script.accepted(request.said.get("Digits") == ACCEPT_KEY)
            case "bridge":
                number = desk.customer_number(rest)
                sender = config.get("sender", "")
                return script.bridge(rest, number, sender=sender, language=flow.language, records=flow.records)
        return script.actions(())

    def fetch(self, file: RemoteFile) -> FetchedFile:
        return api.fetch(self, file, max_bytes=MOST_FETCHED)

    # Out
    def call(self, order: CallOrder) -> Receipt:
        hook = self.account.hook_url
        form: dict[str, str | Sequence[str]] = {
            "To": order.agent,
            "From": self.account.config["sender"],
            "Url": f"{hook}bridge/{order.key}/",
            "StatusCallback": f"{hook}status/{order.key}/",
            "StatusCallbackEvent": ["initiated", "answered", "completed"],
            "Timeout": "30",
        }
        return Receipt(str(api.post(self, "/Calls.json", form).get("sid") or ""))

    def send(self, message: OutboundMessage) -> Receipt:
        raise PermanentFailure("a call carries no text", code="voice", advice=_("Call, or choose another channel."))

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.account.config.get("region", ""))

    # Connecting
    def handover(self) -> Sequence[tuple[Text, str]]:
        hook = self.account.hook_url
        return [
            (_("“A call comes in”, web hook by HTTP POST"), hook),
            (_("“Call status changes”, by HTTP POST"), f"{hook}status/"),
        ]

    def register(self) -> None:
        """Enter our addresses at the number."""
        sender, hook = self.account.config["sender"], self.account.hook_url
        found = api.get(self, "/IncomingPhoneNumbers.json", PhoneNumber=sender).get("incoming_phone_numbers")
        if not found:
            raise PermanentFailure(sender, code="sender", advice=_("This number does not belong to the account."))
        hooks = {
            "VoiceUrl": hook,
            "VoiceMethod": "POST",
            "StatusCallback": f"{hook}status/",
            "StatusCallbackMethod": "POST",
        }
        api.post(self, f"/IncomingPhoneNumbers/{found[0]['sid']}.json", hooks)

    def overview(self) -> Sequence[str]:
        return describe(flow_of(self.account.config))

    def check(self) -> None:
        api.check(self)
