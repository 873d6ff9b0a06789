"""WeChat Official Account (公众号): followers write to the account, agents answer by customer service messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import menus, tolerant, wechat_crypto
from channels_app.connectors.plain_text import plain
from channels_app.connectors.wechat import inbound, outbound
from channels_app.connectors.wechat.forms import ROTATING, SECRETS, WeChatForm, menu_titles
from channels_app.connectors.wechat.problems import PROBLEMS
from channels_app.connectors.wechat_api import MEGABYTE, Api, granted
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    Outside,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Template,
    TextUnit,
    Tile,
    Window,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

# The same person at several accounts of one company, where the accounts are bound together at the Open Platform.
UNION = "wechat_union"
MOST_FETCHED = 20 * MEGABYTE


class WeChatConnector(Connector):
    """One Official Account."""

    kind = inbound.KIND
    label = _("WeChat Official Account")
    tile = Tile("ch ch--wechat", letter="微")
    capabilities = Capabilities(
        max_text=2048,
        text_unit=TextUnit.BYTES,
        most_parts=5,
        media=(
            *(MediaLimit(f"image/{kind}", 10 * MEGABYTE) for kind in ("jpeg", "png", "gif")),
            *(MediaLimit(f"audio/{kind}", 2 * MEGABYTE) for kind in ("amr", "mpeg")),
            MediaLimit("video/mp4", 10 * MEGABYTE),
        ),
        max_files=5,
        reply_window=timedelta(hours=48),
        sends_per_turn=5,
        outside_window=Outside.TEMPLATE,
        has_templates=True,
        shows_typing=True,
        quick_replies=10,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )
    endpoints: ClassVar[Mapping[str, str]] = {"api": "https://api.weixin.qq.com"}
    secret_fields = SECRETS
    rotating_secrets = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return WeChatForm

    @property
    def appid(self) -> str:
        return self.account.config.get("appid", "")

    @property
    def api(self) -> Api:
        return Api(self.account, self.endpoint("api"), self.appid, self._renewed, PROBLEMS)

    def _renewed(self, refused: str) -> tuple[str, float]:
        """The stable token: asking again gives the same one; one that was refused before its end is replaced by force."""
        found = self._token(by_force=False)
        return self._token(by_force=True) if found[0] == refused else found

    def _token(self, *, by_force: bool) -> tuple[str, float]:
        secret = self.account.secrets.get("app_secret", "")
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": secret, "force_refresh": by_force}
        with http.repeatable():
            answer = http.request("POST", f"{self.endpoint('api')}/cgi-bin/stable_token", json_body=asked)
        return granted(answer, PROBLEMS)

    # In
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        if request.method != "GET":
            return None
        try:
            wechat_crypto.check(request, self.active_secrets("token"))
        except Rejected:
            return None
        return HttpResponse(request.GET.get("echostr", ""), content_type="text/plain")

    def authenticate(self, request: HttpRequest) -> None:
        """The plain signature covers no text; where there is a key, only a sealed body counts."""
        wechat_crypto.check(request, self.active_secrets("token"))
        if not self.active_secrets("aes_key"):
            return
        try:
            sealed = wechat_crypto.fields(request.body).get("Encrypt", "")
            wechat_crypto.check(request, self.active_secrets("token"), name="msg_signature", sealed=sealed)
            wechat_crypto.unseal(sealed, self.active_secrets("aes_key"), self.appid)
        except ValueError as error:
            raise Rejected(str(error)) from error

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse:
        return HttpResponse("success", content_type="text/plain")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """A repeated delivery is sealed anew, so that its bytes differ."""
        try:
            return inbound.identifier(self._fields(envelope))
        except ValueError:
            return ""

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        menu = menu_titles(self.account.config.get("menu_keys", ""))
        return inbound.understand(self._fields(envelope), menu)

    def _fields(self, envelope: ReceivedEnvelope) -> Mapping[str, str]:
        said = wechat_crypto.fields(envelope.body)
        keys = self.active_secrets("aes_key")
        if "Encrypt" in said and keys:
            return wechat_crypto.fields(wechat_crypto.unseal(said["Encrypt"], keys, self.appid))
        return said

    def fetch(self, file: RemoteFile) -> FetchedFile:
        return self.api.download(file.reference, max_bytes=MOST_FETCHED)

    def profile(self, address: Address) -> ContactUpdate | None:
        said = self.api.ask("user/info", openid=address.value, lang="zh_CN")
        union = tolerant.text(said, "unionid")
        return ContactUpdate(
            address,
            # No names and pictures any more since December 2021 (recall); the remark is the account's own note.
            name=tolerant.text(said, "nickname") or tolerant.text(said, "remark"),
            language=tolerant.text(said, "language").replace("_", "-"),
            proven=[Address(UNION, union, is_verified=True)] if union else [],
        )

    # Out
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        return menus.with_the_text(super().parts(message))

    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self.api, message, kf_account=self.account.config.get("kf_account", ""))

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        self.api.ask("message/custom/typing", {"touser": address.value, "command": "Typing"})

    def templates(self) -> Sequence[Template]:
        return outbound.templates(self.api)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # Settings
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Server address (URL)"), self.account.hook_url)]

    def check(self) -> None:
        self.api.ask("getcallbackip")
