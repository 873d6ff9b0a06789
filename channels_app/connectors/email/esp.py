"""Mail services by their API and web hooks, through django-anymail; each request is in the vault before it is parsed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailWebhookValidationFailure,
)
from anymail.message import AnymailMessage
from anymail.signals import EventType
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.email import inbound
from channels_app.connectors.email.accounts import MailAccount
from channels_app.connectors.email.identifiers import message_id
from channels_app.connectors.email.smtp import advice_for
from channels_app.connectors.email.trace import with_trace
from channels_app.contract import (
    AccountFailure,
    DeliveryError,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    PermanentFailure,
    ReceivedEnvelope,
    Rejected,
    TemporaryFailure,
    UnknownOutcome,
)

BASIC_AUTH = "webhook_secret"
METADATA = "delivery"


@dataclass(frozen=True)
class Esp:
    """One service: its classes in anymail, what its keys are called there, where its raw mail is."""

    label: str
    module: str
    class_prefix: str
    inbound_key: str = BASIC_AUTH
    tracking_key: str = BASIC_AUTH
    api_key: str = "api_key"
    raw_field: str = ""
    raw_json: tuple[str, ...] = ()
    domain_setting: str = ""


ESPS: dict[str, Esp] = {
    "mailgun": Esp(
        *("Mailgun", "mailgun", "Mailgun", "webhook_signing_key", "webhook_signing_key"),
        raw_field="body-mime",
        domain_setting="sender_domain",
    ),
    "postmark": Esp("Postmark", "postmark", "Postmark", api_key="server_token", raw_json=("RawEmail",)),
    "brevo": Esp("Brevo", "brevo", "Brevo"),
    "mailersend": Esp(
        *("MailerSend", "mailersend", "MailerSend", "inbound_secret", "signing_secret", "api_token"),
        raw_json=("data", "raw"),
    ),
    "sparkpost": Esp("SparkPost", "sparkpost", "SparkPost"),
}
CHOICES = [(key, esp.label) for key, esp in ESPS.items()]

_STATES = {
    EventType.DELIVERED: DeliveryState.DELIVERED,
    EventType.BOUNCED: DeliveryState.FAILED,
    EventType.REJECTED: DeliveryState.FAILED,
    EventType.FAILED: DeliveryState.FAILED,
}


# ── Web hooks ────────────────────────────────────────────────────────────────────────────────────────────────────────
def authenticate(account: MailAccount, request: HttpRequest) -> None:
    """Check the service's signature, or the password in the hook's address; raises Rejected."""
    if account.esp not in ESPS or not account.esp_webhook_key:
        raise Rejected("this channel has no key for web hooks")
    # Read whole before anymail looks at the fields: the vault needs the bytes.
    request.body  # noqa: B018
    failures = []
    for view in _views(account):
        try:
            return view.run_validators(request)
        except AnymailWebhookValidationFailure as error:
            failures.append(str(error))
    raise Rejected("; ".join(failures))


def understand(account: MailAccount, envelope: ReceivedEnvelope) -> list[Inbound]:
    """What a hook's request says: a mail, or news of mail that we sent."""
    request = _request(envelope)
    found: list[Inbound] = []
    for event in _events(account, request):
        if event.event_type == EventType.INBOUND:
            found += inbound.understand(account, _raw_mail(account, request, event), envelope.received_at)
        elif update := _update(account, event):
            found.append(update)
    return found


def _views(account: MailAccount) -> list[Any]:
    """anymail has one class for mail and one for news of mail; both come to one address of ours."""
    esp = ESPS[account.esp]
    path = f"anymail.webhooks.{esp.module}.{esp.class_prefix}"
    extra = {"api_key": account.esp_api_key} if account.esp == "brevo" else {}
    return [
        import_string(f"{path}InboundWebhookView")(**{esp.inbound_key: account.esp_webhook_key, **extra}),
        import_string(f"{path}TrackingWebhookView")(**{esp.tracking_key: account.esp_webhook_key}),
    ]


def _events(account: MailAccount, request: HttpRequest) -> list[Any]:
    incoming, tracking = _views(account)
    try:
        return incoming.parse_events(request)
    except (AnymailConfigurationError, KeyError):
        return tracking.parse_events(request)


def _request(envelope: ReceivedEnvelope) -> HttpRequest:
    """The request as it came, rebuilt from the vault."""
    body = bytes(envelope.body)
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in envelope.headers.items()}
    content_type = next(
        (v for name, v in envelope.headers.items() if name.lower() == "content-type"), envelope.content_type
    )
    return WSGIRequest(
        {
            **headers,
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
    )


def _raw_mail(account: MailAccount, request: HttpRequest, event: Any) -> bytes:
    """The mail's own bytes where the service sends them, else a mail built of its fields."""
    esp = ESPS[account.esp]
    raw = request.POST.get(esp.raw_field) if esp.raw_field else _dig(request, esp.raw_json)
    mail = raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else bytes(event.message)
    recipient = event.message.envelope_recipient
    return (
        with_trace(mail, event.message.envelope_sender or "", [recipient] if recipient else []) if recipient else mail
    )


def _dig(request: HttpRequest, path: tuple[str, ...]) -> object:
    if not path:
        return None
    value: object = json.loads(request.body)
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _update(account: MailAccount, event: Any) -> DeliveryUpdate | None:
    key, state = (event.metadata or {}).get(METADATA), _STATES.get(event.event_type)
    if not key or state is None:
        return None
    words = event.mta_response or event.description or ""
    is_bad_address = event.reject_reason in ("invalid", "bounced")
    return DeliveryUpdate(
        state,
        external_id=message_id(key, account),
        at=event.timestamp,
        code=event.reject_reason or "",
        detail=words,
        advice=advice_for("5.1.1" if is_bad_address else "", words) if state is DeliveryState.FAILED else "",
        is_unreachable=state is DeliveryState.FAILED and event.reject_reason == "invalid",
    )


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def send(account: MailAccount, message: AnymailMessage) -> Mapping[str, Any]:
    """Hand one message to the service; gives what it answered. Raises the contract's errors."""
    esp = ESPS.get(account.esp)
    if esp is None:
        raise AccountFailure("no service chosen", code="settings", advice=_("Choose a mail service in the settings."))
    keys = {esp.api_key: account.esp_api_key}
    if esp.domain_setting and account.esp_sender_domain:
        keys[esp.domain_setting] = account.esp_sender_domain
    backend = import_string(f"anymail.backends.{esp.module}.EmailBackend")(**keys, ignore_unsupported_features=True)
    try:
        backend.send_messages([message])
    except AnymailError as error:
        raise as_failure(error) from error
    status = message.anymail_status
    return {"id": status.message_id, "status": sorted(status.status or ())}


def as_failure(error: AnymailError) -> DeliveryError:
    """What a service's refusal means. A broken connection is no refusal: it may have taken the mail."""
    words = " ".join(str(error).split())[:500]
    if isinstance(error, AnymailRecipientsRefused):
        return PermanentFailure(words, code="refused", advice=_("The mail service refuses to write to this address."))
    code = getattr(error, "status_code", None)
    if not isinstance(error, AnymailAPIError):
        return PermanentFailure(words, code="settings")
    if code in (401, 403):
        return AccountFailure(words, code=str(code), advice=_("The mail service refuses our key. Enter it again."))
    if code is None:
        return UnknownOutcome(
            words, code="link", advice=_("The mail service did not answer. Send it again if need be.")
        )
    if code == 429 or code >= 500:
        return TemporaryFailure(words, code=str(code))
    return PermanentFailure(words, code=str(code), advice=_("The mail service refused this mail."))
