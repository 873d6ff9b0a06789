"""What every channel of Meta's does alike: the handshake, the signature, asking whether the account still works."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import tolerant
from channels_app.connectors.meta import media
from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.meta.problems import TOKEN
from channels_app.contract import (
    AccountFailure,
    Connector,
    FetchedFile,
    FileRole,
    PermanentFailure,
    Problem,
    Rejected,
    RemoteFile,
)
from channels_app.signatures import hmac_hex, is_any, is_same

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024


class MetaConnector(Connector):
    """A channel behind a Meta app: web hooks signed with the app's secret, an interface opened by an access token."""

    # The "object" of the app's web hooks, the fields of it that we want, the permissions that the token needs.
    hook_object: ClassVar[str]
    hook_fields: ClassVar[tuple[str, ...]]
    permissions: ClassVar[tuple[str, ...]] = ()
    problems: ClassVar[Mapping[str, Problem]]
    largest_file = 25 * MEGABYTE

    endpoints: ClassVar[Mapping[str, str]] = {"graph": "https://graph.facebook.com"}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"access_token", "app_secret"})
    rotating_secrets: ClassVar[frozenset[str]] = frozenset({"app_secret"})

    def entered(self, name: str, default: str = "") -> str:
        """What an admin entered, as text."""
        return str(self.account.config.get(name) or default)

    @property
    def graph(self) -> Graph:
        """Graph, opened with the channel's own token."""
        return self._graph(self.token)

    @property
    def token(self) -> str:
        """The access token; raises AccountFailure where none was entered."""
        token = self.account.secrets.get("access_token", "")
        if not token:
            raise AccountFailure("no access token", code="settings", advice=TOKEN.advice)
        return str(token)

    @property
    def host(self) -> str:
        """Where this account's interface is."""
        return self.endpoint("graph")

    def _graph(self, token: str) -> Graph:
        return Graph(self.host, self.entered("api_version", "v24.0"), token, self.problems)

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def verify_token(self) -> str:
        """What Meta has to name in the handshake; made of the address's own secret, so that it can be shown again."""
        chosen = self.account.secrets.get("verify_token")
        return str(chosen) if chosen else hashlib.sha256(f"verify:{self.account.token}".encode()).hexdigest()[:32]

    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        asked = request.GET
        if request.method != "GET" or asked.get("hub.mode") != "subscribe":
            return None
        if not is_same(self.verify_token, asked.get("hub.verify_token", "")):
            return HttpResponse(status=403)
        return HttpResponse(asked.get("hub.challenge", ""), content_type="text/plain; charset=utf-8")

    def authenticate(self, request: HttpRequest) -> None:
        """Over the bytes as they came: Meta signs its own escaping of the JSON (Messenger Platform, "Webhooks")."""
        ours = [f"sha256={hmac_hex(secret, request.body)}" for secret in self.active_secrets("app_secret")]
        if not is_any(ours, request.headers.get("X-Hub-Signature-256", "")):
            raise Rejected("the signature is not ours")

    def fetch(self, file: RemoteFile) -> FetchedFile:
        got = media.fetch(file.url, max_bytes=self.largest_file, beside=self.host)
        is_film = got.content_type.startswith("video/")
        return replace(got, content_type="audio/mp4") if file.role is FileRole.VOICE and is_film else got

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [
            (_("Callback URL"), self.account.hook_url),
            (_("Verify token"), self.verify_token),
            (_("Fields to subscribe to"), ", ".join(self.hook_fields)),
        ]

    @property
    def needed_permissions(self) -> Sequence[str]:
        """What the token must be allowed for what this account does."""
        return self.permissions

    def check_token(self) -> None:
        """Ask Meta what our token may do, where the app's id was entered; raises AccountFailure."""
        if not (app_id := self.entered("app_id")):
            return
        said = self.app_graph(app_id).get("debug_token", input_token=self.token)
        data = tolerant.obj(said, "data")
        ends_at = tolerant.at(data, "expires_at")
        if not tolerant.flag(data, "is_valid") or (ends_at is not None and ends_at <= timezone.now()):
            raise AccountFailure("the token is not valid", code="190", advice=TOKEN.advice)
        missing = sorted(set(self.needed_permissions) - set(tolerant.strings(data, "scopes")))
        if missing:
            advice = _("The access token lacks these permissions: %(names)s.") % {"names": ", ".join(missing)}
            raise AccountFailure("permissions are missing", code="200", advice=advice)

    def app_graph(self, app_id: str) -> Graph:
        """Graph, opened as the app itself."""
        secret = next(iter(self.active_secrets("app_secret")), "")
        return self._graph(f"{app_id}|{secret}")

    def subscribe_app(self) -> None:
        """Let the app deliver to us; raises PermanentFailure where it delivers to somebody else."""
        if not (app_id := self.entered("app_id")):
            return
        app = self.app_graph(app_id)
        known = next((one for one in app.pages(f"{app_id}/subscriptions") if self._is_ours(one)), {})
        callback = tolerant.text(known, "callback_url")
        if callback and callback.rstrip("/") != self.account.hook_url.rstrip("/"):
            raise PermanentFailure(
                f"the app delivers to {callback}",
                code="callback",
                advice=_("The app delivers to another address. Change it there by hand, if nobody needs it any more."),
            )
        fields = [tolerant.text(one, "name") for one in tolerant.items(known, "fields")]
        if not callback or not set(self.hook_fields) <= set(fields):
            self._subscribe(app, app_id, fields)

    def _is_ours(self, subscription: tolerant.Json) -> bool:
        return tolerant.text(subscription, "object") == self.hook_object

    def _subscribe(self, app: Graph, app_id: str, fields: Sequence[str]) -> None:
        wanted = {
            "object": self.hook_object,
            "callback_url": self.account.hook_url,
            "verify_token": self.verify_token,
            "fields": ",".join(dict.fromkeys([*fields, *self.hook_fields])),
        }
        app.post(f"{app_id}/subscriptions", wanted)
