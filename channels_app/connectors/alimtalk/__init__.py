"""Alimtalk (알림톡) through Bizgo: approved templates to a telephone number, outside any consultation."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import signatures
from channels_app.connectors import allow_list, bizgo, phone, tolerant
from channels_app.connectors.alimtalk import outbound
from channels_app.connectors.alimtalk.forms import ROTATING, SECRETS, AlimtalkForm
from channels_app.connectors.plain_text import plain
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    OutboundMessage,
    Outside,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    Template,
    Tile,
    Trouble,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

FRESH = timedelta(seconds=300)
ARRIVED = frozenset({"10000", bizgo.DONE})
KOREA = "+82"


class AlimtalkConnector(Connector):
    """One sender profile that writes to numbers; nobody can answer it here."""

    kind = "alimtalk"
    label = _("KakaoTalk Alimtalk")
    tile = Tile("ch ch--kakao", icon="bell")
    capabilities = Capabilities(
        max_text=1300,
        can_start=True,
        has_templates=True,
        only_templates=True,
        outside_window=Outside.TEMPLATE,
        obeys_opt_out=True,
        sends_delivered=True,
        is_send_idempotent=True,
        identity_kind=phone.KIND,
    )
    endpoints: ClassVar[Mapping[str, str]] = bizgo.ENDPOINTS
    secret_fields = SECRETS
    rotating_secrets = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return AlimtalkForm

    @property
    def bizgo(self) -> bizgo.Bizgo:
        sandbox = "_sandbox" if self.account.config.get("environment") else ""
        return bizgo.Bizgo(self.endpoint(f"bizgo{sandbox}"), self.account.secrets.get("api_key", ""))

    @property
    def sender_key(self) -> str:
        return self.account.config.get("sender_key", "")

    # In: reports
    def authenticate(self, request: HttpRequest) -> None:
        """The time is signed, the body is not: the secret address and the caller's stand beside it."""
        allow_list.check(request, self.account.config.get("networks", ""))
        stamp, given = request.headers.get("X-IB-Timestamp", ""), request.headers.get("X-IB-Signature", "")
        if not _is_fresh(stamp):
            raise Rejected("the report is too old or bears no time")
        secrets = self.active_secrets("webhook_secret")
        if not signatures.is_any((signatures.hmac_hex(secret, stamp.encode()) for secret in secrets), _as_hex(given)):
            raise Rejected("the signature is not Bizgo's")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """A message that went on as a text message has a report for each."""
        try:
            said = tolerant.load(envelope.body)
        except ValueError:
            return ""
        parts = [tolerant.text(said, name) for name in ("msgKey", "msgType", "reportCode")]
        return ":".join(parts) if parts[0] else ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        """Without its own key in the answer a report comes again, up to three times."""
        try:
            return JsonResponse({"msgKey": tolerant.text(tolerant.load(envelope.body), "msgKey")})
        except ValueError:
            return None

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        said = tolerant.load(envelope.body)
        key, ref, code = (tolerant.text(said, name) for name in ("msgKey", "ref", "reportCode"))
        if not (key or ref) or not code:
            return ()
        at = tolerant.iso(said, "reportTime") or tolerant.iso(said, "sendTime")
        if code in ARRIVED:
            return [DeliveryUpdate(DeliveryState.DELIVERED, external_id=key, delivery_key=ref, at=at)]
        return [
            DeliveryUpdate(
                DeliveryState.FAILED,
                external_id=key,
                delivery_key=ref,
                at=at,
                code=code,
                detail=tolerant.text(said, "reportText"),
                advice=_("KakaoTalk did not deliver it: the number may have no KakaoTalk, or blocks the channel."),
                trouble=Trouble.RECIPIENT,
            )
        ]

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        config = self.account.config
        sms_sender = config.get("sms_sender", "") if config.get("falls_back") else ""
        return outbound.send(self.bizgo, message, sender_key=self.sender_key, sms_sender=sms_sender)

    def templates(self) -> Sequence[Template]:
        return outbound.templates(self.bizgo, self.sender_key)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def address_of(self, raw: str) -> Address:
        """Korean mobile numbers only."""
        number = phone.typed(raw, region="KR")
        if not number.value.startswith(f"{KOREA}1"):
            raise ValueError(raw)
        return number

    # Settings
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Address for delivery reports"), self.account.hook_url)]

    def check(self) -> None:
        self.bizgo.ask("center/alimtalk/template/list", senderKey=self.sender_key, offset="0", limit="1")


def _is_fresh(stamp: str) -> bool:
    """Seconds or, with thirteen digits, thousandths of them."""
    at = tolerant.at({"": stamp}, "", per_second=1000 if len(stamp) >= 13 else 1) if stamp.isdigit() else None
    return at is not None and abs(timezone.now() - at) <= FRESH


def _as_hex(given: str) -> str:
    """The signature comes in hexadecimal or in base64; Bizgo does not say which."""
    given = given.strip()
    if len(given) == 64:
        return given.lower()
    try:
        return base64.b64decode(given, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
