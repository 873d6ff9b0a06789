"""Telegram: a bot that Telegram calls at a web hook, or that asks for its messages by long polling."""

from __future__ import annotations

import json
import re
import secrets as random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels_app import signatures
from channels_app.connectors import tolerant
from channels_app.connectors.places import placed, user_of
from channels_app.connectors.plain_text import marked_html, plain
from channels_app.connectors.telegram import api, inbound, outbound
from channels_app.connectors.telegram.forms import POLLING, TelegramForm
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    DeliveryError,
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
    TextUnit,
    Tile,
    Window,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

# Telegram holds an unanswered question so long; a worker that stops waits for it, and the lease must not run out meanwhile.
POLL_SECONDS = 15
# After a week without news Telegram goes on at a number of its choice, which may be a lower one.
NUMBERS_HOLD = timedelta(days=6)
# Emoji that a bot may put on a message; Telegram refuses all others (list of ReactionTypeEmoji, a part of it).
REACTIONS = ("👍", "👎", "❤", "🔥", "🎉", "👏", "😁", "🤔", "😢", "🙏", "👌", "🤝", "😱", "🤗", "🫡", "💯")


HOOK_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class TelegramConnector(Connector):
    """One bot. It may write to whoever has pressed Start, at any time."""

    kind = inbound.KIND
    label = _("Telegram")
    tile = Tile("ch ch--tg", letter="T")
    endpoints: ClassVar[dict[str, str]] = {"api": "https://api.telegram.org"}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"bot_token"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"webhook_secret"})
    capabilities = Capabilities(
        max_text=4096,
        text_unit=TextUnit.UTF16,
        most_parts=10,
        max_caption=1024,
        media=(MediaLimit("", outbound.MOST_BYTES),),
        max_files=10,
        shows_typing=True,
        reactions=REACTIONS,
        quotes=True,
        quick_replies=10,
        quick_reply_title=40,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return TelegramForm

    # In
    @property
    def is_polled(self) -> bool:
        return self.account.config.get("incoming") == POLLING

    @property
    def credential_headers(self) -> frozenset[str]:
        return super().credential_headers | {HOOK_HEADER.lower()}

    def authenticate(self, request: HttpRequest) -> None:
        said = request.headers.get(HOOK_HEADER, "")
        if not signatures.is_any(self.active_secrets("webhook_secret"), said):
            raise Rejected("the secret token is another")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        number = tolerant.text(tolerant.peek(envelope.body), "update_id")
        return f"update:{self._bot}:{number}" if number else ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        """A button that was pressed turns until it is answered; the answer to the hook may do that."""
        query = tolerant.text(tolerant.peek(envelope.body), "callback_query", "id")
        return JsonResponse({"method": "answerCallbackQuery", "callback_query_id": query}) if query else None

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(tolerant.load(envelope.body))

    def watch(self, inlet: Inlet) -> None:
        """Ask for updates until the inlet closes; asking behind one tells Telegram that it is kept."""
        self.register()
        while inlet.is_open:
            offset = self._offset(inlet.cursor)
            found = api.wait_for_updates(self, offset=offset, seconds=POLL_SECONDS, kinds=list(inbound.READERS))
            for update in found:
                self._keep(inlet, update)
            inlet.report(waiting=0, oldest=None)

    def _offset(self, cursor: Mapping[str, Any]) -> int:
        """Behind the last update; from the beginning for another bot, and after days of silence, when numbers start anew."""
        last = parse_datetime(str(cursor.get("at", "")))
        if cursor.get("bot") != self._bot or last is None or timezone.now() - last > NUMBERS_HOLD:
            return 0
        return int(cursor["update_id"]) + 1

    def _keep(self, inlet: Inlet, update: tolerant.Json) -> None:
        number = tolerant.whole(update, "update_id")
        cursor = {"bot": self._bot, "update_id": number, "at": timezone.now().isoformat()}
        body = json.dumps(update, ensure_ascii=True).encode()
        inlet.keep(body, cursor=cursor, headers={"Content-Type": "application/json"})
        if query := tolerant.text(update, "callback_query", "id"):
            with suppress(DeliveryError):  # it only stops the button from turning
                api.ask(self, "answerCallbackQuery", callback_query_id=query)

    @property
    def _bot(self) -> str:
        """The bot's number: update numbers are those of one bot."""
        return str(self.account.secrets.get("bot_token", "")).partition(":")[0]

    def fetch(self, file: RemoteFile) -> FetchedFile:
        if file.size > api.MOST_FETCHED:
            raise api.PROBLEMS["file is too big"].failure(f"{file.size} bytes", code="size")
        # Telegram says application/octet-stream of everything: the message's own word counts.
        return FetchedFile(api.download(self, file.reference).body, file.content_type, file.name)

    def profile(self, address: Address) -> ContactUpdate | None:
        found = api.ask(self, "getUserProfilePhotos", user_id=user_of(address), limit=1)
        photos = tolerant.obj({"found": found}, "found").get("photos")
        sizes = tolerant.items({"first": photos[0]}, "first") if isinstance(photos, list) and photos else []
        if not sizes:
            return None
        picture = RemoteFile("picture.jpg", "image/jpeg", reference=tolerant.text(sizes[-1], "file_id"))
        return ContactUpdate(address, picture=picture)

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self, message)

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        chat, _colon, number = target_id.rpartition(":")
        sign = emoji.replace("\ufe0f", "")  # Telegram's heart is the bare one
        reaction = [{"type": "emoji", "emoji": sign}] if sign else []
        api.ask(self, "setMessageReaction", chat_id=chat, message_id=int(number), reaction=reaction)

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        chat = outbound.chat_of(address)
        api.ask(self, "sendChatAction", chat_id=chat, action="typing", **outbound.business_of(window))

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), marked_html(text)

    def address_of(self, raw: str) -> Address:
        found = re.fullmatch(r"(?:(-?\d{1,16}):)?(\d{1,16})", raw.strip())
        if not found:
            raise ValueError(raw)
        return placed(self.kind, found[2], found[1] or "")

    # Connecting
    def register(self) -> None:
        """Tell Telegram to call us, or to hold the messages for us: one excludes the other."""
        if self.is_polled:
            api.ask(self, "deleteWebhook")
            return
        if not self.active_secrets("webhook_secret"):
            self.account.keep_secrets(webhook_secret=random.token_urlsafe(32))
        secret = self.active_secrets("webhook_secret")[0]
        api.ask(
            self, "setWebhook", url=self.account.hook_url, secret_token=secret, allowed_updates=list(inbound.READERS)
        )

    def check(self) -> None:
        api.ask(self, "getMe")
        if self.is_polled:
            return
        said = tolerant.obj({"said": api.ask(self, "getWebhookInfo")}, "said")
        if tolerant.text(said, "url") != self.account.hook_url:
            advice = _(
                "Telegram delivers this bot's messages elsewhere, or nowhere. Register the address on this page again."
            )
            raise PermanentFailure("the web hook is another", code="webhook", advice=advice)

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [] if self.is_polled else [(_("Web hook; Telegram is told of it by itself"), self.account.hook_url)]
