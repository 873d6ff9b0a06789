"""Viber: a bot. New bots need a contract with Viber or one of its partners (since February 2024)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors import tolerant
from channels_app.connectors.places import placed
from channels_app.connectors.plain_text import plain
from channels_app.connectors.viber import api, inbound
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundFile,
    OutboundMessage,
    Outside,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Tile,
)

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

MOST_FETCHED = 200 * http.MEGABYTE
PICTURE_BYTES, VIDEO_BYTES, MOST_BYTES = http.MEGABYTE, 26 * http.MEGABYTE, 50 * http.MEGABYTE
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
EVENTS = ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"]
MOST_NAME = 28


class ViberForm(forms.Form):
    """A token and what the customers read."""

    auth_token = forms.CharField(
        label=_("Token"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Viber's partner site shows it under the bot's settings."),
    )
    sender_name = forms.CharField(
        label=_("Sender's name"),
        max_length=MOST_NAME,
        required=False,
        help_text=_("Stands above each message; the channel's name where it is left empty."),
    )
    welcome = forms.CharField(
        label=_("Greeting when the chat is opened"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Viber shows it before the customer has written anything."),
    )

    def clean_auth_token(self) -> str:
        token = self.cleaned_data["auth_token"].strip()
        if token and not re.fullmatch(r"[0-9A-Za-z-]{30,80}", token):
            raise forms.ValidationError(
                _("This is no Viber token: it has about 50 letters, digits and dashes, and no spaces.")
            )
        return token


class ViberConnector(Connector):
    """One bot. Within 24 hours after the customer wrote answers are free, later ones are charged."""

    kind = inbound.KIND
    label = _("Viber")
    tile = Tile("ch ch--viber", letter="V")
    endpoints: ClassVar[dict[str, str]] = {"api": "https://chatapi.viber.com"}
    # The account's key also signs: while it is being replaced, events signed with the one before still come in.
    secret_fields: ClassVar[frozenset[str]] = frozenset({"auth_token"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"auth_token"})
    capabilities = Capabilities(
        max_text=7000,
        most_parts=5,
        media=(MediaLimit("video/", VIDEO_BYTES), MediaLimit("", MOST_BYTES)),
        fetches_files=True,
        reply_window=timedelta(hours=24),
        outside_window=Outside.PAID,
        sends_delivered=True,
        sends_read=True,
        quick_replies=12,
        quick_reply_title=40,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return ViberForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        ours = [signatures.hmac_hex(token, request.body) for token in self.active_secrets("auth_token")]
        if not signatures.is_any(ours, request.headers.get("X-Viber-Content-Signature", "")):
            raise Rejected("the signature is another")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        body = tolerant.peek(envelope.body)
        token, event = tolerant.text(body, "message_token"), tolerant.text(body, "event")
        return f"{event}:{token}:{_who(body)}" if token and event else ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        """The one greeting that may be shown to somebody who has opened the chat has to stand in the answer."""
        body = tolerant.peek(envelope.body)
        welcome = self.account.config.get("welcome", "")
        if tolerant.text(body, "event") != "conversation_started" or not welcome or body.get("subscribed") is True:
            return None
        return JsonResponse({"sender": self._sender, "type": "text", "text": welcome})

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(tolerant.load(envelope.body))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """Viber keeps a file for one hour; its address needs no token."""
        found = http.request("GET", file.url, max_bytes=MOST_FETCHED).raise_for_status()
        return FetchedFile(found.body, found.headers.get("content-type", ""), file.name)

    def profile(self, address: Address) -> ContactUpdate | None:
        said = tolerant.obj(api.ask(self, "get_user_details", {"id": address.value}), "user")
        picture = tolerant.text(said, "avatar")
        return ContactUpdate(
            address,
            name=tolerant.text(said, "name")[:160],
            language=tolerant.text(said, "language"),
            facts={name: text for name in ("country", "primary_device_os") if (text := tolerant.text(said, name))},
            picture=RemoteFile("picture.jpg", "image/jpeg", url=picture) if picture else None,
        )

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        body: dict[str, Any] = {
            "receiver": message.recipient.value,
            "min_api_version": 1,
            "sender": self._sender,
            "tracking_data": inbound.tracking(message.delivery_key, message.quick_replies),
            **(_file(message.files[0]) if message.files else {"type": "text", "text": message.text}),
        }
        if message.quick_replies:
            body["keyboard"] = _keyboard(message)
        said = api.ask(self, "send_message", body)
        return Receipt(external_id=tolerant.text(said, "message_token"))

    @property
    def _sender(self) -> dict[str, str]:
        return {"name": (self.account.config.get("sender_name") or self.account.name)[:MOST_NAME]}

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def address_of(self, raw: str) -> Address:
        if not re.fullmatch(r"[A-Za-z0-9+/]{10,40}={0,2}", raw.strip()):
            raise ValueError(raw)
        return placed(self.kind, raw.strip())

    # Connecting
    def register(self) -> None:
        """Viber calls the address while we ask for it; the door answers that event like any other."""
        body = {"url": self.account.hook_url, "event_types": EVENTS, "send_name": True, "send_photo": True}
        api.ask(self, "set_webhook", body)

    def check(self) -> None:
        said = api.ask(self, "get_account_info", {})
        if tolerant.text(said, "webhook") != self.account.hook_url:
            advice = _("Viber delivers elsewhere, or nowhere. Register the address on the channel's page.")
            raise PermanentFailure("the web hook is another", code="webhook", advice=advice)

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Web hook; Viber is told of it by itself"), self.account.hook_url)]


def _who(body: tolerant.Json) -> str:
    named = (("user_id",), ("sender", "id"), ("user", "id"))
    return next(filter(None, (tolerant.text(body, *path) for path in named)), "")


def _file(file: OutboundFile) -> dict[str, Any]:
    address = file.share()
    if not address.startswith("https://"):
        advice = _(
            "Viber fetches files itself, so the desk needs a public https address. Send the file by another channel."
        )
        raise PermanentFailure("no public address", code="address", advice=advice)
    if file.content_type in PICTURES and file.size <= PICTURE_BYTES:
        return {"type": "picture", "text": "", "media": address}
    if file.content_type == "video/mp4" and file.size <= VIDEO_BYTES:
        return {"type": "video", "media": address, "size": file.size}
    return {"type": "file", "media": address, "size": file.size, "file_name": file.name[:256]}


def _keyboard(message: OutboundMessage) -> dict[str, Any]:
    buttons = [
        {"ActionType": "reply", "ActionBody": one.title, "Text": one.title, "Columns": 6, "Rows": 1}
        for one in message.quick_replies
    ]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}
