"""Twilio: SMS and MMS, WhatsApp and RCS, all by the same interface; the sender's address decides which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone
from channels_app.connectors.plain_text import plain
from channels_app.connectors.twilio import api, inbound, outbound, signing
from channels_app.connectors.twilio.forms import ROTATING, SECRETS, TwilioForm
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    Outside,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Template,
    TextUnit,
    Tile,
)
from channels_app.contract.connector import Account

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
# What may come in: WhatsApp's documents are the largest.
MOST_FETCHED = 100 * MEGABYTE

SMS = Capabilities(
    max_text=10,
    text_unit=TextUnit.GSM_SEGMENTS,
    most_parts=3,
    can_start=True,
    obeys_opt_out=True,
    sends_delivered=True,
    is_instant=True,
    identity_kind=phone.KIND,
)
MMS = Capabilities(
    max_text=10,
    text_unit=TextUnit.GSM_SEGMENTS,
    most_parts=3,
    max_caption=10,
    media=tuple(MediaLimit(f"image/{kind}", 5 * MEGABYTE) for kind in ("jpeg", "png", "gif"))
    + tuple(MediaLimit(kind, 500 * KILOBYTE) for kind in ("video/", "audio/", "application/pdf", "text/vcard")),
    files_per_part=10,
    fetches_files=True,
    can_start=True,
    obeys_opt_out=True,
    sends_delivered=True,
    identity_kind=phone.KIND,
)
WHATSAPP = Capabilities(
    max_text=1600,
    most_parts=5,
    max_caption=1600,
    media=tuple(
        MediaLimit(kind, 16 * MEGABYTE)
        for kind in ("image/jpeg", "image/png", "image/webp", "audio/", "video/mp4", "application/pdf", "text/vcard")
    ),
    fetches_files=True,
    reply_window=timedelta(hours=24),
    outside_window=Outside.TEMPLATE,
    has_templates=True,
    obeys_opt_out=True,
    sends_delivered=True,
    sends_read=True,
    identity_kind=inbound.WHATSAPP,
    also_reaches=frozenset({phone.KIND}),
)
RCS = Capabilities(
    max_text=3072,
    most_parts=3,
    media=tuple(MediaLimit(kind, 16 * MEGABYTE) for kind in ("image/", "video/", "application/pdf")),
    fetches_files=True,
    can_start=True,
    has_templates=True,
    obeys_opt_out=True,
    sends_delivered=True,
    sends_read=True,
    identity_kind=phone.KIND,
)


class TwilioConnector(Connector):
    """One sender of a Twilio account."""

    kind = "twilio"
    label = _("SMS, WhatsApp or RCS by Twilio")
    tile = Tile("ch ch--phone", icon="message-square-text")
    capabilities = SMS
    variants = {"SMS": SMS, "MMS": MMS, "WhatsApp": WHATSAPP, "RCS": RCS}
    endpoints = {
        "api": "https://api.twilio.com",
        "content": "https://content.twilio.com",
        "messaging": "https://messaging.twilio.com",
    }
    secret_fields: ClassVar[frozenset[str]] = SECRETS
    rotating_secrets: ClassVar[frozenset[str]] = ROTATING

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        network = account.config.get("sender", "").rpartition(":")[0]
        plain_sms = MMS if account.config.get("has_mms") else SMS
        self.capabilities = {"whatsapp": WHATSAPP, "rcs": RCS}.get(network, plain_sms)

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return TwilioForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        signing.authenticate(self, request)

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return inbound.key_of(envelope)

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse:
        """An empty script: words in the answer could be sent to the customer (recall)."""
        return HttpResponse("<Response/>", content_type="text/xml")

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(envelope)

    def fetch(self, file: RemoteFile) -> FetchedFile:
        return api.fetch(self, file, max_bytes=MOST_FETCHED)

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self, message)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def templates(self) -> Sequence[Template]:
        return list(outbound.templates(self)) if self.capabilities.has_templates else ()

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.account.config.get("region", ""))

    # Connecting
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("“A message comes in”, web hook by HTTP POST"), self.account.hook_url)]

    def register(self) -> None:
        """Enter our address at the number or the messaging service; WhatsApp and RCS senders only have the console."""
        sender = self.account.config["sender"]
        if sender.startswith("MG"):
            return self._register_service(sender)
        if ":" in sender:
            return None
        found = api.get(self, "/IncomingPhoneNumbers.json", PhoneNumber=sender).get("incoming_phone_numbers")
        if not found:
            raise PermanentFailure(sender, code="sender", advice=_("This number does not belong to the account."))
        hook = {"SmsUrl": self.account.hook_url, "SmsMethod": "POST"}
        api.post(self, f"/IncomingPhoneNumbers/{found[0]['sid']}.json", hook)

    def _register_service(self, sid: str) -> None:
        hook = {
            "InboundRequestUrl": self.account.hook_url,
            "InboundMethod": "POST",
            "UseInboundWebhookOnNumber": "false",
        }
        api.post(self, f"v1/Services/{sid}", hook, of="messaging")

    def check(self) -> None:
        api.check(self)
