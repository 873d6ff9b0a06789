"""KakaoTalk counsel talk (상담톡): a KakaoTalk channel's consultations, relayed by an official dealer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors import allow_list, bizgo, menus, tolerant
from channels_app.connectors.kakao import events
from channels_app.connectors.kakao.bizgo_codec import BizgoCodec
from channels_app.connectors.kakao.codec import PICTURES, Codec
from channels_app.connectors.kakao.forms import HAPPYTALK, ROTATING, SECRETS, KakaoForm
from channels_app.connectors.kakao.happytalk_codec import HappyTalkCodec
from channels_app.connectors.plain_text import plain
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Tile,
)
from channels_app.contract.connector import Account

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024
# Kakao allows three times as much; a worker reads a file whole.
MOST_FETCHED = 100 * MEGABYTE
# Kakao's own news (who adds or blocks the channel), not the relay's.
OF_KAKAO = "channel"
RESOURCE_ID = "x-kakao-resource-id"

COUNSEL = Capabilities(
    max_text=1000,
    most_parts=5,
    media=(
        *(MediaLimit(kind, 5 * MEGABYTE) for kind in sorted(PICTURES)),
        MediaLimit("audio/", 10 * MEGABYTE),
        MediaLimit("", MOST_FETCHED),
    ),
    reply_window=timedelta(days=30),
    needs_session=True,
    sends_delivered=True,
    sends_read=True,
    quick_replies=10,
    quick_reply_title=14,
    has_profiles=True,
    identity_kind=events.KIND,
)
# HappyTalk tells nothing of what became of a message.
RELAYED = replace(COUNSEL, sends_delivered=False, sends_read=False)


class KakaoConnector(Connector):
    """One sender profile of a KakaoTalk channel, at one of two dealers."""

    kind = events.KIND
    label = _("KakaoTalk counsel talk")
    tile = Tile("ch ch--kakao", letter="K")
    capabilities = COUNSEL
    variants: ClassVar[Mapping[str, Capabilities]] = {"Bizgo": COUNSEL, "HappyTalk": RELAYED}
    endpoints: ClassVar[Mapping[str, str]] = {
        **bizgo.ENDPOINTS,
        "happytalk": "https://kakao-api.happytalk.io",
        "happytalk_sandbox": "https://patch-kakao-api.happytalk.io",
    }
    secret_fields = SECRETS
    rotating_secrets = ROTATING

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        can = RELAYED if account.config.get("relay") == HAPPYTALK else COUNSEL
        self.capabilities = replace(can, ends_sessions=bool(account.config.get("ends_sessions")))

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return KakaoForm

    @property
    def public_id(self) -> str:
        return self.account.config.get("public_id", "")

    @property
    def codec(self) -> Codec:
        """The dialect of the dealer."""
        config, secrets = self.account.config, self.account.secrets
        sender, sandbox = config.get("sender_key", ""), "_sandbox" if config.get("environment") else ""
        if config.get("relay") == HAPPYTALK:
            access = config.get("client_id", ""), secrets.get("client_secret", "")
            return HappyTalkCodec(sender, self.endpoint(f"happytalk{sandbox}"), *access)
        return BizgoCodec(sender, bizgo.Bizgo(self.endpoint(f"bizgo{sandbox}"), secrets.get("api_key", "")))

    # In
    def authenticate(self, request: HttpRequest) -> None:
        """Kakao's own news carry its key. A relay's are unsigned: the secret address, the caller's, and the sender's key."""
        if _below(request, self.account.token) == OF_KAKAO:
            given = request.headers.get("Authorization", "").removeprefix("KakaoAK ")
            if not signatures.is_any(self.active_secrets("admin_key"), given):
                raise Rejected("this is not the app's admin key")
            return
        allow_list.check(request, self.account.config.get("networks", ""))
        try:
            sender = self.codec.sender_of(tolerant.load(request.body))
        except ValueError as error:
            raise Rejected("the body is no JSON") from error
        if not signatures.is_same(self.account.config.get("sender_key", ""), sender):
            raise Rejected("this is another sender's")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        if envelope.path == OF_KAKAO:
            ids = [value for name, value in envelope.headers.items() if name.lower() == RESOURCE_ID]
            return f"{OF_KAKAO}:{ids[0]}" if ids else ""
        try:
            event = self.codec.read(self.codec.name_of(envelope.path), tolerant.load(envelope.body))
        except ValueError:
            return ""
        # A receipt bears the id of the message that it is for.
        return f"{event.name}:{event.request}:{event.id}" if event.name and event.id.strip(":") else ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse | None:
        return None if envelope.path == OF_KAKAO else JsonResponse(dict(self.codec.acknowledgement))

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        said = tolerant.load(envelope.body)
        if envelope.path == OF_KAKAO:
            return self._followers(said)
        codec = self.codec
        return events.understand(codec.read(codec.name_of(envelope.path), said), self.public_id)

    def _followers(self, said: Json) -> Sequence[Inbound]:
        """Somebody added or blocked the channel: news only of those who have asked for a person before.

        Source: developers.kakao.com/docs/latest/ko/kakaotalk-channel/callback.
        """
        event, channel, user = (tolerant.text(said, name) for name in ("event", "channel_public_id", "id"))
        known = events.beyond(events.APP_USER, channel if channel == self.public_id else "", user)
        if event not in ("added", "blocked") or tolerant.text(said, "id_type") != "app_user_id":
            return ()
        return [ContactUpdate(one, facts={"kakao_channel": event}, only_known=True) for one in known]

    def fetch(self, file: RemoteFile) -> FetchedFile:
        answer = http.request("GET", file.url, max_bytes=MOST_FETCHED, seconds=120.0).raise_for_status()
        return FetchedFile(answer.body, answer.headers.get("content-type", "").partition(";")[0].strip())

    def profile(self, address: Address) -> ContactUpdate | None:
        """Kakao tells nothing, but the key is the same at the channel's chatbot (recall)."""
        proven = events.beyond(events.CHANNEL_USER, self.public_id, address.value)
        return ContactUpdate(address, proven=proven) if proven else None

    # Out
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        return menus.with_the_text(super().parts(message))

    def send(self, message: OutboundMessage) -> Receipt:
        return self.codec.send(message)

    def end_session(self, address: Address) -> None:
        self.codec.end(address.value, bot_event=self.account.config.get("bot_event", ""))

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # Settings
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [
            (_("Web hook address for the dealer"), self.account.hook_url.rstrip("/")),
            (_("Channel web hook, at Kakao Developers"), f"{self.account.hook_url}{OF_KAKAO}"),
        ]

    def check(self) -> None:
        self.codec.check()


def _below(request: HttpRequest, token: str) -> str:
    """What follows the hook's own address."""
    return request.path.partition(f"/{token}/")[2]
