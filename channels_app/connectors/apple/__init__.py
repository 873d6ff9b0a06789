"""Apple Messages for Business, behind a message service provider (msp.py is the port to it)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.apple import inbound, outbound
from channels_app.connectors.apple.forms import AppleForm
from channels_app.connectors.apple.msp import LARGEST_FILE, MSPS, Msp, TooLarge, packed
from channels_app.connectors.plain_text import plain
from channels_app.connectors.tolerant import load, obj, text
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    DeliveryError,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Tile,
    Window,
)
from channels_app.contract.parts import parts_of

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest

    from channels_app.contract.connector import Text

# References to large replies end after a second or two: what they name is fetched while Apple waits for our answer.
REFERENCE_SECONDS = 3.0
FILE_SECONDS = 120.0


class AppleConnector(Connector):
    """One business of Apple Messages for Business."""

    kind = inbound.KIND
    label = _("Apple Messages for Business")
    tile = Tile("ch", icon="message-circle")
    endpoints: ClassVar[dict[str, str]] = {"apple": "https://mspgw.push.apple.com/v1"}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"api_secret"})
    rotating_secrets: ClassVar[frozenset[str]] = secret_fields
    capabilities = Capabilities(
        max_text=8000,
        most_parts=4,
        max_caption=8000,
        media=(MediaLimit("", LARGEST_FILE),),
        max_files=10,
        files_per_part=10,
        needs_session=True,
        receives_typing=True,
        shows_typing=True,
        quotes=False,
        quick_replies=10,
        quick_reply_title=40,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return AppleForm

    @property
    def msp(self) -> Msp:
        """The provider behind which this business is."""
        config = self.account.config
        provider = config.get("provider") or "apple"
        return MSPS[provider](
            url=self.endpoint(provider),
            msp_id=config.get("msp_id", ""),
            business_id=config.get("business_id", ""),
            secrets=self.active_secrets("api_secret"),
        )

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def authenticate(self, request: HttpRequest) -> None:
        self.msp.authenticate(request)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """A body that is a bomb, or is not packed as it says, is of no use to anybody."""
        try:
            self.msp.unpacked(request.body, request.headers)
        except TooLarge:
            return HttpResponse(status=413)
        except ValueError:
            return HttpResponse(status=400)
        return None

    def complete(self, request: HttpRequest) -> bytes:
        """The body unpacked, with the interactive data that it only refers to, where that can be had in time."""
        body = self.msp.unpacked(request.body, request.headers)
        try:
            said = load(body)
            reference = obj(said, "interactiveDataRef")
            if not reference or obj(said, "interactiveData"):
                return body
            content = self.msp.download(reference, seconds=REFERENCE_SECONDS)
            told = self.msp.decode(content, text(reference, "bid"), seconds=REFERENCE_SECONDS)
        except (ValueError, DeliveryError):
            return body  # kept as it came: the thread says that something is missing
        return packed({**said, "interactiveData": obj(told, "interactiveData") or told})

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return _headers(envelope).get("id", "")

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        headers = _headers(envelope)
        body = bytes(envelope.body)
        # The door has unpacked it; what was kept otherwise is unpacked here.
        body = self.msp.unpacked(body, headers) if body[:2] == b"\x1f\x8b" else body
        return list(inbound.read(load(body), headers))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        try:
            about = load(file.reference.encode())
        except ValueError:
            about = {}
        content = self.msp.download({**about, "url": file.url}, seconds=FILE_SECONDS)
        return FetchedFile(content, file.content_type, file.name)

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        """Files go ahead of a question: a message of Apple's is the one or the other."""
        if not (message.quick_replies and message.files):
            return parts_of(message, self.capabilities)
        files = parts_of(replace(message, text="", html="", quick_replies=()), self.capabilities)
        question = replace(message, files=(), quoted_id="", delivery_key=f"{message.delivery_key}-q")
        return [*files, *parts_of(question, self.capabilities)]

    def send(self, message: OutboundMessage) -> Receipt:
        kind, content = self._content(message)
        key = outbound.message_id(message.delivery_key)
        said = self._dictionary(kind, message.recipient, key, **content)
        self.msp.post(said, is_automatic=message.is_automatic)
        return Receipt(external_id=key)

    def _content(self, message: OutboundMessage) -> tuple[str, Mapping[str, object]]:
        if message.quick_replies:
            if shown := outbound.choices(message, frozenset(message.window.handles)):
                return "interactive", shown
            message = replace(message, text=outbound.written_out(message))
        return "text", outbound.text(message, self._uploaded(message))

    def _uploaded(self, message: OutboundMessage) -> list[dict[str, str]]:
        return [
            {"name": file.name, "mimeType": file.content_type, "size": str(file.size), **self.msp.upload(file.read())}
            for file in message.files
        ]

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        key = str(uuid.uuid4())
        self.msp.post(self._dictionary("typing_start", address, key), is_automatic=False)

    def _dictionary(self, kind: str, to: Address, key: str, **content: object) -> dict[str, object]:
        business = self.account.config.get("business_id", "")
        return outbound.dictionary(kind, business=business, customer=to.value, key=key, **content)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Your endpoint for Apple; it appends /message"), self.account.hook_url.rstrip("/"))]

    def check(self) -> None:
        self.msp.check()


def _headers(envelope: ReceivedEnvelope) -> dict[str, str]:
    return {name.lower(): value for name, value in envelope.headers.items()}
