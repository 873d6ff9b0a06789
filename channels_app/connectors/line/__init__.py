"""LINE: an official account by the Messaging API."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from django import forms as django_forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors import tolerant
from channels_app.connectors.line import api, inbound, outbound
from channels_app.connectors.line.forms import LineForm
from channels_app.connectors.places import place_of, placed, user_of
from channels_app.connectors.plain_text import plain
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    TextUnit,
    Tile,
    Window,
)

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

MOST_FETCHED = 200 * http.MEGABYTE
# LINE makes what was said and filmed playable first.
READY_IN_SECONDS = 5.0
TYPING_SECONDS = 20
NUMBER = "[0-9a-f]{32}"


class LineConnector(Connector):
    """One official account. Answers within a minute are free; later ones count against the month's quota."""

    kind = inbound.KIND
    label = _("LINE")
    tile = Tile("ch ch--line", letter="L")
    endpoints: ClassVar[dict[str, str]] = {
        "api": "https://api.line.me",
        "data": "https://api-data.line.me",
        "stickers": "https://stickershop.line-scdn.net",
    }
    secret_fields: ClassVar[frozenset[str]] = frozenset({"channel_secret", "access_token"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"channel_secret"})
    capabilities = Capabilities(
        max_text=5000,
        text_unit=TextUnit.UTF16,
        most_parts=5,
        media=(
            MediaLimit("image/", outbound.IMAGE_BYTES),
            MediaLimit("", outbound.MOST_BYTES),
        ),
        fetches_files=True,
        shows_typing=True,
        marks_read=True,
        quotes=True,
        quick_replies=13,
        quick_reply_title=20,
        is_send_idempotent=True,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[django_forms.Form]:
        return LineForm

    # In
    def authenticate(self, request: HttpRequest) -> None:
        ours = [signatures.hmac_base64(secret, request.body) for secret in self.active_secrets("channel_secret")]
        if not signatures.is_any(ours, request.headers.get("X-Line-Signature", "")):
            raise Rejected("the signature is another")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """The events' own ids: a redelivery is marked as such in its body, which makes it differ from the first."""
        events = tolerant.items(tolerant.peek(envelope.body), "events")
        ids = [tolerant.text(event, "webhookEventId") for event in events]
        if not ids or not all(ids):
            return ""
        return f"events:{hashlib.sha256(' '.join(ids).encode()).hexdigest()}"

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(tolerant.load(envelope.body), stickers=self.endpoint("stickers"))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        if file.url:  # a sticker, or what the sender keeps elsewhere: our token is none of their business
            found = http.request("GET", file.url, max_bytes=MOST_FETCHED).raise_for_status()
            return FetchedFile(found.body, found.headers.get("content-type", ""), file.name)
        path = f"/v2/bot/message/{file.reference}/content"
        if file.content_type.startswith(("video/", "audio/")):
            self._await_transcoding(path)
        found = api.request(self, "GET", path, base="data", max_bytes=MOST_FETCHED)
        if found.status == 202:
            raise TemporaryFailure("LINE prepares it", code="202", retry_after=READY_IN_SECONDS)
        if not found.is_ok:
            raise api.failure(found)
        return FetchedFile(found.body, found.headers.get("content-type", ""), file.name)

    def _await_transcoding(self, path: str) -> None:
        status = tolerant.text(api.ask(self, "GET", f"{path}/transcoding", base="data"), "status")
        if status == "processing":
            raise TemporaryFailure("LINE prepares it", code="202", retry_after=READY_IN_SECONDS)
        if status == "failed":
            advice = _("LINE could not make this recording playable. Ask the customer to send it again.")
            raise PermanentFailure("transcoding failed", code="transcoding", advice=advice)

    def profile(self, address: Address) -> ContactUpdate | None:
        user, place = user_of(address), place_of(address)
        if not user:
            return None
        where = f"{'room' if place.startswith('R') else 'group'}/{place}/member/{user}" if place else f"profile/{user}"
        answer = api.request(self, "GET", f"/v2/bot/{where}")
        if answer.status == 404:  # blocked us, or never was a friend
            return None
        if not answer.is_ok:
            raise api.failure(answer)
        said = tolerant.peek(answer.body)
        picture = tolerant.text(said, "pictureUrl")
        return ContactUpdate(
            address,
            name=tolerant.text(said, "displayName")[:160],
            language=tolerant.text(said, "language"),
            picture=RemoteFile("picture.jpg", "image/jpeg", url=picture) if picture else None,
        )

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self, message)

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        if not place_of(address):  # LINE shows it to one person only
            body = {"chatId": user_of(address), "loadingSeconds": TYPING_SECONDS}
            api.ask(self, "POST", "/v2/bot/chat/loading/start", json_body=body)

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        start = f"{inbound.READ}{last_id}:"
        for handle in [name for name in window.handles if name.startswith(start)][:1]:
            body = {"markAsReadToken": handle.removeprefix(start)}
            api.ask(self, "POST", "/v2/bot/chat/markAsRead", json_body=body)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def address_of(self, raw: str) -> Address:
        found = re.fullmatch(rf"(?:([CR]{NUMBER}):)?(U{NUMBER})", raw.strip())
        if not found:
            raise ValueError(raw)
        return placed(self.kind, found[2], found[1] or "")

    # Connecting
    def register(self) -> None:
        api.ask(self, "PUT", "/v2/bot/channel/webhook/endpoint", json_body={"endpoint": self.account.hook_url})

    def check(self) -> None:
        api.ask(self, "GET", "/v2/bot/info")
        said = api.ask(self, "GET", "/v2/bot/channel/webhook/endpoint")
        if tolerant.text(said, "endpoint") != self.account.hook_url or said.get("active") is False:
            advice = _(
                "LINE does not deliver here yet. Register the address, and switch on “Use webhook” in the"
                " LINE Developers console."
            )
            raise PermanentFailure("the web hook is off, or another", code="webhook", advice=advice)

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Web hook"), self.account.hook_url)]
