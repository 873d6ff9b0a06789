"""X: direct messages, and mentions in public. Encrypted messages of XChat cannot be read here; that they came is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors.plain_text import plain
from channels_app.connectors.tolerant import items, load, obj, text
from channels_app.connectors.x import inbound, oauth
from channels_app.connectors.x.api import Api
from channels_app.connectors.x.forms import XForm
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
    Tile,
)
from channels_app.contract.parts import parts_of

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024
LARGEST_FILE = 512 * MEGABYTE
EVENTS = ("dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received")
MENTIONS = ("post.mention.create",)
# What X asks with; no event, which is JSON, can look like this.
CRC_TOKEN = re.compile(r"[A-Za-z0-9_=+/.-]{1,200}")
# An address of a file of a direct message; it is asked for by the interface (dm, media, resource).
DM_FILE = re.compile(r"/dm/(\d+)/(\d+)/([A-Za-z0-9_.-]+)(?:[:?].*)?$")
# Signs of which 280 make a post; all others count twice (docs.x.com, counting characters).
NARROW = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]*")
POST_LENGTH = 280


class XConnector(Connector):
    """One account at X."""

    kind = inbound.KIND
    label = _("X")
    tile = Tile("ch", letter="X")
    endpoints: ClassVar[dict[str, str]] = {"api": "https://api.x.com", "authorize": "https://x.com/i/oauth2/authorize"}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"client_secret", "consumer_secret", "bearer_token"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"consumer_secret"})
    capabilities = Capabilities(
        max_text=10_000,
        most_parts=3,
        max_caption=10_000,
        media=(
            MediaLimit("image/gif", 15 * MEGABYTE),
            MediaLimit("image/", 5 * MEGABYTE),
            MediaLimit("video/mp4", LARGEST_FILE),
        ),
        max_files=4,
        files_per_part=1,
        has_comments=True,
        sends_read=True,
        receives_typing=True,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return XForm

    @property
    def api(self) -> Api:
        return Api(self.account, self.endpoint("api"))

    @property
    def own_id(self) -> str:
        return self.account.config.get("user_id") or self.account.secrets.get("user_id", "")

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """X asks again and again whether we know the app's secret.

        What it asks with is signed as its events are: whoever knew this address could have any event signed by us, so that
        nothing that could be an event is.
        """
        token = request.GET.get("crc_token", "")
        if request.method != "GET" or not CRC_TOKEN.fullmatch(token):
            return None
        known = self.active_secrets("consumer_secret")[:1]
        answers = [f"sha256={signatures.hmac_base64(secret, token.encode())}" for secret in known]
        return JsonResponse({"response_token": answers[0]}) if answers else HttpResponse(status=404)

    def authenticate(self, request: HttpRequest) -> None:
        """By the API key's secret; a second header keyed by the OAuth 2 client's was seen in public code only."""
        signed = {
            "x-twitter-webhooks-signature": "consumer_secret",
            "x-twitter-webhooks-signature-oauth2": "client_secret",
        }
        for header, name in signed.items():
            theirs = request.headers.get(header, "")
            ours = [f"sha256={signatures.hmac_base64(one, request.body)}" for one in self.active_secrets(name)]
            if theirs and signatures.is_any(ours, theirs):
                return
        raise Rejected("no secret of this channel made the signature")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        try:
            key = text(load(envelope.body), "data", "event_uuid")
        except ValueError:
            return ""
        return f"event:{key}" if key else ""

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return list(inbound.read(load(envelope.body), self.own_id))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        found = DM_FILE.search(file.url)
        if found:
            answer = self.api.file(f"2/dm_conversations/media/{found[1]}/{found[2]}/{found[3]}", max_bytes=LARGEST_FILE)
        else:
            answer = http.request("GET", file.url, seconds=120.0, max_bytes=LARGEST_FILE).raise_for_status()
        return FetchedFile(answer.body, answer.headers.get("content-type", ""))

    def profile(self, address: Address) -> ContactUpdate | None:
        fields = {"user.fields": "name,username,profile_image_url"}
        said = obj(self.api.as_account("GET", f"2/users/{address.value}", params=fields), "data")
        if not said:
            return None
        picture = text(said, "profile_image_url").replace("_normal.", "_400x400.")
        facts = {"X": f"@{text(said, 'username')}"} if text(said, "username") else {}
        file = RemoteFile("picture", "image/jpeg", url=picture) if picture else None
        return ContactUpdate(address, name=text(said, "name"), facts=facts, picture=file)

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        """A post is short, and each part of a public answer answers the same post."""
        if not message.is_public:
            return parts_of(message, self.capabilities)
        is_narrow = NARROW.fullmatch(plain(message.text)) is not None
        limit = POST_LENGTH if is_narrow else POST_LENGTH // 2
        can = replace(self.capabilities, max_text=limit, max_caption=limit, most_parts=4)
        return [replace(part, quoted_id=message.quoted_id) for part in parts_of(message, can)]

    def send(self, message: OutboundMessage) -> Receipt:
        media = [self.api.upload(file) for file in message.files]
        return self._post(message, media) if message.is_public else self._direct(message, media)

    def _direct(self, message: OutboundMessage, media: Sequence[str]) -> Receipt:
        body: dict[str, object] = {"text": message.text} if message.text else {}
        if media:
            body["attachments"] = [{"media_id": one} for one in media]
        path = f"2/dm_conversations/with/{message.recipient.value}/messages"
        return Receipt(external_id=text(self.api.as_account("POST", path, json_body=body), "data", "dm_event_id"))

    def _post(self, message: OutboundMessage, media: Sequence[str]) -> Receipt:
        answered = message.quoted_id.removeprefix(inbound.POST)
        if not answered.isdecimal():
            raise PermanentFailure("no post to answer", code="post", advice=_("Choose the post that this answers."))
        body: dict[str, object] = {"text": message.text, "reply": {"in_reply_to_tweet_id": answered}}
        if media:
            body["media"] = {"media_ids": list(media)}
        said = self.api.as_account("POST", "2/tweets", json_body=body)
        return Receipt(external_id=f"{inbound.POST}{text(said, 'data', 'id')}")

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    def address_of(self, raw: str) -> Address:
        value = raw.strip()
        if not re.fullmatch(r"[0-9]{1,20}", value):
            raise ValueError(raw)
        return inbound.address(value)

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def consent_url(self, *, redirect_uri: str, state: str) -> str:
        authorize = self.endpoint("authorize")
        return oauth.consent_url(self.account, authorize, redirect_uri=redirect_uri, state=state)

    def take_consent(self, *, code: str, redirect_uri: str) -> None:
        oauth.take_consent(self.account, self.endpoint("api"), code=code, redirect_uri=redirect_uri)
        self._note_who_we_are()

    def check(self) -> None:
        self._note_who_we_are()

    def _note_who_we_are(self) -> None:
        found = text(self.api.as_account("GET", "2/users/me"), "data", "id")
        chosen = self.account.config.get("user_id", "")
        if chosen and found != chosen:
            raise PermanentFailure(
                f"signed in as {found}",
                code="account",
                advice=_("You signed in as another account than the one entered."),
            )
        if found and self.account.secrets.get("user_id") != found:
            self.account.keep_secrets(user_id=found)

    def register(self) -> None:
        """Tell X where to deliver, and what; what is there already stays."""
        hook = self._hook()
        known = self.api.as_app("GET", "2/activity/subscriptions")
        has = {text(one, "event_type") for one in items(known, "data") if text(one, "filter", "user_id") == self.own_id}
        wanted = EVENTS + (MENTIONS if self.account.config.get("takes_mentions") else ())
        for event in wanted:
            if event not in has:
                asked = {"event_type": event, "filter": {"user_id": self.own_id}, "tag": "desk", "webhook_id": hook}
                self.api.as_account("POST", "2/activity/subscriptions", json_body=asked)

    def _hook(self) -> str:
        """The number of our web hook at X, made where there is none and looked at again where X had given it up."""
        url = self.account.hook_url
        known = [one for one in items(self.api.as_app("GET", "2/webhooks"), "data") if text(one, "url") == url]
        if not known:
            return text(self.api.as_app("POST", "2/webhooks", json_body={"url": url}), "data", "id")
        if known[0].get("valid") is False:
            self.api.as_app("PUT", f"2/webhooks/{text(known[0], 'id')}")
        return text(known[0], "id")

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Web hook at X (set by itself)"), self.account.hook_url)]
