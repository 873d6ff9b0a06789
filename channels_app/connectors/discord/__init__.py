"""Discord: a bot that listens at the gateway; its buttons may also come in by the web hook for interactions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.discord import api, gateway, inbound, outbound
from channels_app.connectors.discord.forms import DiscordForm
from channels_app.connectors.places import placed, user_of
from channels_app.connectors.plain_text import marked_html
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    Inlet,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Tile,
    Window,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MOST_BYTES = 10 * http.MEGABYTE
MOST_FETCHED = 100 * http.MEGABYTE
PING, PONG, LATER = "1", 1, 6
# The rights that the invitation asks for: see and write, threads too, attach files, react, read what was said before.
PERMISSIONS = sum(1 << bit for bit in (6, 10, 11, 15, 16, 38))
# Flags of an application that may read the contents of messages in servers (for all servers, or for few).
MAY_READ = (1 << 18) | (1 << 19)


class DiscordConnector(Connector):
    """One bot: direct messages, what names it, and the channels that an admin has chosen."""

    kind = inbound.KIND
    label = _("Discord")
    tile = Tile("ch ch--discord", letter="D")
    endpoints: ClassVar[dict[str, str]] = {
        "api": "https://discord.com/api/v10",
        "cdn": "https://cdn.discordapp.com",
        "stickers": "https://media.discordapp.net",
    }
    secret_fields: ClassVar[frozenset[str]] = frozenset({"bot_token"})
    capabilities = Capabilities(
        max_text=2000,
        most_parts=10,
        max_caption=2000,
        media=(MediaLimit("", MOST_BYTES),),
        files_per_part=10,
        receives_typing=True,
        shows_typing=True,
        reactions=None,
        quotes=True,
        quick_replies=10,
        quick_reply_title=outbound.MOST_LABEL,
        is_polled=True,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return DiscordForm

    @property
    def scene(self) -> inbound.Scene:
        channels = str(self.account.config.get("channels", "")).split()
        bot = inbound.bot_of(str(self.account.secrets.get("bot_token", "")))
        return inbound.Scene(bot, channels, self.endpoint("stickers"))

    # In
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """Discord tries the address with a ping, and now and then with a wrong signature, which wants a 401."""
        try:
            self.authenticate(request)
        except Rejected:
            return HttpResponse(status=401)
        is_ping = tolerant.text(tolerant.peek(request.body), "type") == PING
        return JsonResponse({"type": PONG}) if is_ping else None

    def authenticate(self, request: HttpRequest) -> None:
        stamp = request.headers.get("X-Signature-Timestamp", "")
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.account.config.get("public_key", "")))
            signature = bytes.fromhex(request.headers.get("X-Signature-Ed25519", ""))
            key.verify(signature, stamp.encode() + request.body)
        except (ValueError, InvalidSignature) as error:
            raise Rejected("the signature is another") from error

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """A message by its id, however we learned of it; other events by their place in the session."""
        body = tolerant.peek(envelope.body)
        name, number = tolerant.text(body, "t"), tolerant.text(body, "d", "id")
        if name in ("MESSAGE_CREATE", "INTERACTION_CREATE") and number:
            return f"{name.partition('_')[0].lower()}:{number}"
        if name:
            return f"event:{tolerant.text(body, 'session')}:{tolerant.text(body, 's')}"
        return f"interaction:{tolerant.text(body, 'id')}" if tolerant.text(body, "id") else ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        """A button that was pressed wants an answer at once; this one changes nothing of what they see."""
        return JsonResponse({"type": LATER})

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(tolerant.load(envelope.body), self.scene)

    def watch(self, inlet: Inlet) -> None:
        gateway.watch(self, inlet, self.scene)

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """Files are open to whoever knows their address, for a day; they need no token and get none."""
        found = http.request("GET", file.url, max_bytes=MOST_FETCHED).raise_for_status()
        return FetchedFile(found.body, found.headers.get("content-type", ""), file.name)

    def profile(self, address: Address) -> ContactUpdate | None:
        said = api.ask(self, "GET", f"/users/{user_of(address)}")
        user, picture = tolerant.text(said, "id"), tolerant.text(said, "avatar")
        url = f"{self.endpoint('cdn')}/avatars/{user}/{picture}.png" if user and picture else ""
        return ContactUpdate(
            address,
            name=(tolerant.text(said, "global_name") or tolerant.text(said, "username"))[:160],
            picture=RemoteFile("picture.png", "image/png", url=url) if url else None,
        )

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self, message)

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        outbound.react(self, target_id, emoji)

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        channel = last_id.rpartition(":")[0] or outbound.channel_of(self, address)
        api.ask(self, "POST", f"/channels/{channel}/typing")

    def render(self, text: str) -> tuple[str, str]:
        """Discord reads Markdown itself: the text goes out as it was written."""
        return text, marked_html(text)

    def address_of(self, raw: str) -> Address:
        found = re.fullmatch(r"(?:([0-9]{15,21}):)?([0-9]{15,21})", raw.strip())
        if not found:
            raise ValueError(raw)
        return placed(self.kind, found[2], found[1] or "")

    # Connecting
    def check(self) -> None:
        api.ask(self, "GET", "/users/@me")
        if not self.scene.channels:
            return
        flags = tolerant.whole(api.ask(self, "GET", "/applications/@me"), "flags")
        if not flags & MAY_READ:
            advice = _("Switch on “Message Content Intent” for the bot in Discord's developer portal.")
            raise PermanentFailure("it may not read contents", code="intent", advice=advice)

    def handover(self) -> Sequence[tuple[Text, str]]:
        invitation = (
            f"https://discord.com/oauth2/authorize?client_id={self.scene.bot}&scope=bot&permissions={PERMISSIONS}"
        )
        return [
            (_("Open this to invite the bot to a server"), invitation),
            (_("Interactions endpoint URL; may stay empty at Discord"), self.account.hook_url),
        ]
