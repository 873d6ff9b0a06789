"""Any system as a channel: events signed by Standard Webhooks, both ways (docs/openapi/generic.yaml)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import standard_webhooks
from channels_app.connectors.generic import inbound, outbound, schema
from channels_app.connectors.generic.forms import GenericForm
from channels_app.connectors.tolerant import load
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Tile,
    Window,
)

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from channels_app.contract.connector import Text

LARGEST_BODY = 25 * 1024 * 1024


class GenericConnector(Connector):
    """Speaks with a system of the desk's own people; it recognises repeated sends by their webhook-id."""

    kind = inbound.KIND
    label = _("Your own system (API)")
    tile = Tile("ch", icon="code")
    capabilities = Capabilities(
        takes_whole=True,
        max_text=20_000,
        media=(MediaLimit("", inbound.LARGEST_FILE),),
        max_files=10,
        fetches_files=True,
        can_start=True,
        obeys_opt_out=True,
        sends_delivered=True,
        sends_read=True,
        receives_typing=True,
        shows_typing=True,
        marks_read=True,
        reactions=None,
        quotes=True,
        quick_replies=10,
        quick_reply_title=200,
        is_send_idempotent=True,
        retry_seconds=(5, 30, 120, 600, 3600, 5 * 3600, 12 * 3600),
        identity_kind=inbound.KIND,
    )
    secret_fields: ClassVar[frozenset[str]] = frozenset({"secret", "outgoing_secret"})
    rotating_secrets = secret_fields

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return GenericForm

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def authenticate(self, request: HttpRequest) -> None:
        given = {name.lower(): value for name, value in request.headers.items()}
        standard_webhooks.verify(self.active_secrets("secret"), given, request.body)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        if len(request.body) > LARGEST_BODY:
            return _problem(413, [{"field": "", "message": f"more than {LARGEST_BODY} bytes"}])
        wrong = (
            self._file_complaints(request)
            if _is_file(request.path.rpartition(f"/{self.account.token}/")[2])
            else _event_complaints(request.body)
        )
        return _problem(422, wrong) if wrong else None

    def _file_complaints(self, request: HttpRequest) -> list[schema.Complaint]:
        try:
            _contact, _name, _type, content = inbound.read_multipart(request.headers, request.body)
        except inbound.Unreadable as error:
            return [{"field": "", "message": str(error)}]
        size = len(content)
        fits = 0 < size <= inbound.LARGEST_FILE
        return [] if fits else [{"field": "file", "message": f"has {size} bytes, not 1 to {inbound.LARGEST_FILE}"}]

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return _header(envelope, "webhook-id")

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse:
        return self._accepted(envelope, is_duplicate=False)

    def acknowledge_again(self, kept: ReceivedEnvelope, repeated: bytes) -> HttpResponse:
        if hashlib.sha256(bytes(kept.body)).digest() != hashlib.sha256(repeated).digest():
            return _problem(409, [{"field": "webhook-id", "message": "came before with another body"}])
        return self._accepted(kept, is_duplicate=True)

    def _accepted(self, envelope: ReceivedEnvelope, *, is_duplicate: bool) -> HttpResponse:
        webhook_id = _header(envelope, "webhook-id")
        said: dict[str, Any] = {"accepted": True, "duplicate": is_duplicate, "id": webhook_id}
        if _is_file(envelope.path):
            said["file"] = inbound.file_key(self.account.account, webhook_id)
        return JsonResponse(said, status=202)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        if _is_file(envelope.path):
            key = inbound.file_key(self.account.account, _header(envelope, "webhook-id"))
            return [inbound.file_left(envelope, key)]
        is_trusted = bool(self.account.config.get("trusts_identities"))
        return list(inbound.Reader(is_trusted).read(load(envelope.body)))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        answer = http.request("GET", file.url, max_bytes=inbound.LARGEST_FILE).raise_for_status()
        algorithm, _sep, digest = file.reference.partition(":")
        if algorithm == "sha256" and hashlib.sha256(answer.body).hexdigest() != digest:
            raise PermanentFailure(f"{answer.url} is not the file that was named", code="sha256")
        return FetchedFile(answer.body, answer.headers.get("content-type", ""))

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def send(self, message: OutboundMessage) -> Receipt:
        body = outbound.event("message.created", outbound.message(message))
        answer = self._post(body, key=message.delivery_key)
        return Receipt(external_id=outbound.taken_as(answer) or message.delivery_key)

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        said = {"message_id": target_id, "contact": {"id": address.value}}
        kind = "reaction.added" if emoji else "reaction.removed"
        self._post(outbound.event(kind, said | ({"emoji": emoji} if emoji else {})))

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        if self.account.config.get("sends_typing"):
            self._post(outbound.event("typing.started", {"contact": {"id": address.value}}))

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        if self.account.config.get("sends_read"):
            said = {"message_id": last_id, "contact": {"id": address.value}}
            self._post(outbound.event("message.read", said))

    def _post(self, body: bytes, *, key: str = "") -> http.Answer:
        url = self.account.config.get("url", "")
        if not url:
            raise PermanentFailure(
                "no address", code="url", advice=_("Enter the address of your system in the channel's settings.")
            )
        secrets = self.active_secrets("outgoing_secret") or self.active_secrets("secret")
        return outbound.post(url, secrets, body, key=key)

    def address_of(self, raw: str) -> Address:
        value = raw.strip()
        if not 0 < len(value) <= 200 or "\0" in value:
            raise ValueError(raw)
        return Address(self.kind, value, is_local=True)

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [
            (_("Post events to"), self.account.hook_url),
            (_("Leave files at"), self.account.hook_url + inbound.FILES_PATH),
        ]

    def check(self) -> None:
        if self.account.config.get("url"):
            self._post(outbound.event("ping", {}))


def _is_file(path: str) -> bool:
    return path == inbound.FILES_PATH


def _event_complaints(body: bytes) -> list[schema.Complaint]:
    try:
        return schema.complaints(json.loads(body))
    except ValueError as error:
        return [{"field": "", "message": f"the body is no JSON: {error}"[:300]}]
    except RecursionError:
        return [{"field": "", "message": "the body is nested too deeply"}]


def _header(envelope: ReceivedEnvelope, name: str) -> str:
    headers: Mapping[str, str] = envelope.headers
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _problem(status: int, errors: Sequence[schema.Complaint]) -> HttpResponse:
    return JsonResponse({"errors": list(errors)}, status=status)
