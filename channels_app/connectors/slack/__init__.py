"""Slack: channels shared with a customer's workspace (Slack Connect), channels of our own, and talks with the app."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors import tolerant
from channels_app.connectors.places import placed, user_of
from channels_app.connectors.plain_text import marked_html
from channels_app.connectors.slack import api, inbound, mrkdwn, outbound
from channels_app.connectors.slack.forms import SlackForm
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

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

REPLAY_SECONDS = 300
MOST_BYTES = 100 * http.MEGABYTE
EVENTS = ["message.channels", "message.groups", "message.im", "message.mpim", "reaction_added", "reaction_removed"]
SCOPES = [
    *("channels:history", "groups:history", "im:history", "mpim:history", "im:write", "chat:write"),
    *("files:read", "files:write", "reactions:read", "reactions:write", "users:read", "users:read.email"),
]


class SlackConnector(Connector):
    """One workspace's installation of one app."""

    kind = inbound.KIND
    label = _("Slack")
    tile = Tile("ch ch--slack", letter="S")
    endpoints: ClassVar[dict[str, str]] = {"api": "https://slack.com/api", "files": "https://files.slack.com"}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"signing_secret", "bot_token"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"signing_secret"})
    capabilities = Capabilities(
        max_text=4000,
        most_parts=10,
        max_caption=4000,
        media=(MediaLimit("", MOST_BYTES),),
        files_per_part=10,
        reactions=tuple(dict.fromkeys(mrkdwn.EMOJI.values())),
        quick_replies=10,
        quick_reply_title=outbound.MOST_BUTTON,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return SlackForm

    # In
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """Slack tries a new address with a challenge; it is signed like everything else."""
        if request.method != "POST" or b"url_verification" not in request.body[:4000]:
            return None
        body = tolerant.peek(request.body)
        if tolerant.text(body, "type") != "url_verification":
            return None
        try:
            self.authenticate(request)
        except Rejected:
            return None  # the door refuses it
        return HttpResponse(tolerant.text(body, "challenge"), content_type="text/plain")

    def authenticate(self, request: HttpRequest) -> None:
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", stamp) or abs(timezone.now().timestamp() - int(stamp)) > REPLAY_SECONDS:
            raise Rejected("the time is another")
        signed = b"v0:" + stamp.encode() + b":" + request.body
        ours = ["v0=" + signatures.hmac_hex(secret, signed) for secret in self.active_secrets("signing_secret")]
        if not signatures.is_any(ours, request.headers.get("X-Slack-Signature", "")):
            raise Rejected("the signature is another")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """A retry brings the event's id again; it must not be dropped for being one, since the first may never have come."""
        number = tolerant.text(tolerant.peek(envelope.body), "event_id")
        return f"event:{number}" if number else ""

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return inbound.understand(inbound.body_of(envelope.body, envelope.content_type))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """Slack's own files need the token; an address of anybody else's must not see it."""
        address = file.url
        if not self._is_slacks(address):
            said = api.look(self, "files.info", file=file.reference)
            address = tolerant.text(said, "file", "url_private_download")
        if not self._is_slacks(address):
            raise PermanentFailure("the file lies elsewhere", code="file")
        found = http.request("GET", address, headers=api.bearer(self), max_bytes=MOST_BYTES).raise_for_status()
        content_type = found.headers.get("content-type", "")
        if content_type.startswith("text/html") and not file.content_type.startswith("text/html"):
            # Without the right to read files Slack answers with its sign-in page.
            raise api.PROBLEMS["missing_scope"].failure("Slack: sign-in page instead of a file", code="missing_scope")
        return FetchedFile(found.body, content_type, file.name)

    def _is_slacks(self, address: str) -> bool:
        return address.startswith(self.endpoint("files") + "/")

    def profile(self, address: Address) -> ContactUpdate | None:
        said = tolerant.obj(api.look(self, "users.info", user=user_of(address), include_locale="true"), "user")
        profile = tolerant.obj(said, "profile")
        email, picture = tolerant.text(profile, "email"), tolerant.text(profile, "image_192")
        name = tolerant.text(profile, "real_name") or tolerant.text(said, "real_name") or tolerant.text(said, "name")
        return ContactUpdate(
            address,
            name=name[:160],
            language=tolerant.text(said, "locale").partition("-")[0],
            facts={
                name: fact
                for name in ("title", "tz")
                if (fact := tolerant.text(profile, name) or tolerant.text(said, name))
            },
            # Whoever administers their workspace may enter any address there.
            claims=[Address("email", email.casefold(), raw=email)] if "@" in email else [],
            picture=RemoteFile("picture.png", "image/png", url=picture) if picture else None,
        )

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self, message)

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        """One reaction of ours at a time, although Slack would take several."""
        channel, _colon, ts = target_id.rpartition(":")
        wanted = mrkdwn.name_of(emoji)
        if emoji and not wanted:
            raise PermanentFailure(f"Slack has no {emoji}", code="emoji")
        present = self._own_reactions(channel, ts)
        for name in present - {wanted}:
            api.ask(self, "reactions.remove", channel=channel, timestamp=ts, name=name)
        if wanted and wanted not in present:
            api.ask(self, "reactions.add", channel=channel, timestamp=ts, name=wanted)

    def _own_reactions(self, channel: str, ts: str) -> set[str]:
        me = tolerant.text(api.ask(self, "auth.test"), "user_id")
        said = api.look(self, "reactions.get", channel=channel, timestamp=ts, full="true")
        given = tolerant.items(said, "message", "reactions")
        return {tolerant.text(one, "name") for one in given if me in tolerant.strings(one, "users")}

    def render(self, text: str) -> tuple[str, str]:
        """The text stays as it was written, since each part of it is put into Slack's marks when it is sent."""
        return text, marked_html(text)

    def address_of(self, raw: str) -> Address:
        found = re.fullmatch(r"(?:([CG][A-Z0-9]{6,20}):)?([UW][A-Z0-9]{6,20})", raw.strip())
        if not found:
            raise ValueError(raw)
        return placed(self.kind, found[2], found[1] or "")

    # Connecting
    def check(self) -> None:
        api.ask(self, "auth.test")

    def handover(self) -> Sequence[tuple[Text, str]]:
        return [
            (_("App manifest; paste it at api.slack.com/apps, “Create New App”"), self._manifest()),
            (_("Request URL for events and for interactivity"), self.account.hook_url),
        ]

    def _manifest(self) -> str:
        name, url = self.account.name[:35] or "Ieum", self.account.hook_url
        manifest: dict[str, Any] = {
            "display_information": {"name": name},
            "features": {
                "app_home": {"messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
                "bot_user": {"display_name": name, "always_online": True},
            },
            "oauth_config": {"scopes": {"bot": SCOPES}},
            "settings": {
                "event_subscriptions": {"request_url": url, "bot_events": EVENTS},
                "interactivity": {"is_enabled": True, "request_url": url},
            },
        }
        return json.dumps(manifest, ensure_ascii=False, indent=2)
