"""WeCom customer service (微信客服): WeChat users write to a company, which fetches what they wrote and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import menus, tolerant, wechat_crypto
from channels_app.connectors.plain_text import plain
from channels_app.connectors.wechat import UNION
from channels_app.connectors.wechat_api import MEGABYTE, Api, granted
from channels_app.connectors.wecom import inbound, outbound, sync
from channels_app.connectors.wecom.forms import ROTATING, SECRETS, WeComForm
from channels_app.connectors.wecom.problems import PROBLEMS
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    FetchedFile,
    Inbound,
    Inlet,
    Knock,
    MediaLimit,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    TextUnit,
    Tile,
)
from channels_app.contract.parts import parts_of

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MOST_FETCHED = 50 * MEGABYTE
# The text above a menu is shorter than a text alone.
MOST_ABOVE_MENU = 1024


class WeComConnector(Connector):
    """All customer service accounts of one company that its application may use."""

    kind = inbound.KIND
    label = _("WeCom customer service")
    tile = Tile("ch ch--wechat", letter="企")
    capabilities = Capabilities(
        max_text=2048,
        text_unit=TextUnit.BYTES,
        most_parts=5,
        media=(
            *(MediaLimit(f"image/{kind}", 10 * MEGABYTE) for kind in ("jpeg", "png")),
            MediaLimit("audio/amr", 2 * MEGABYTE),
            MediaLimit("video/mp4", 10 * MEGABYTE),
            MediaLimit("", 20 * MEGABYTE),
        ),
        max_files=5,
        reply_window=timedelta(hours=48),
        sends_per_turn=5,
        quick_replies=10,
        is_send_idempotent=True,
        has_profiles=True,
        identity_kind=inbound.KIND,
    )
    endpoints: ClassVar[Mapping[str, str]] = {"api": "https://qyapi.weixin.qq.com"}
    secret_fields = SECRETS
    rotating_secrets = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return WeComForm

    @property
    def corp_id(self) -> str:
        return self.account.config.get("corp_id", "")

    @property
    def api(self) -> Api:
        return Api(self.account, self.endpoint("api"), self.corp_id, self._renewed, PROBLEMS)

    def _renewed(self, refused: str) -> tuple[str, float]:
        """WeCom gives the same token until it ends, whoever asks."""
        asked = {"corpid": self.corp_id, "corpsecret": self.account.secrets.get("secret", "")}
        return granted(http.request("GET", f"{self.endpoint('api')}/cgi-bin/gettoken", params=asked), PROBLEMS)

    # In
    def handshake(self, request: HttpRequest) -> HttpResponse | None:
        """The test string is sealed; its content is the answer."""
        sealed = request.GET.get("echostr", "")
        if request.method != "GET" or not sealed:
            return None
        try:
            return HttpResponse(self._opened(request, sealed), content_type="text/plain")
        except Rejected:
            return None

    def authenticate(self, request: HttpRequest) -> None:
        try:
            sealed = wechat_crypto.fields(request.body).get("Encrypt", "")
        except ValueError as error:
            raise Rejected(str(error)) from error
        self._opened(request, sealed)

    def _opened(self, request: HttpRequest, sealed: str) -> bytes:
        if not sealed:
            raise Rejected("the body is not sealed")
        wechat_crypto.check(request, self.active_secrets("token"), name="msg_signature", sealed=sealed)
        try:
            return wechat_crypto.unseal(sealed, self.active_secrets("aes_key"), self.corp_id)
        except ValueError as error:
            raise Rejected(str(error)) from error

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """Of what we fetched; a callback may come as often as it likes, it only makes us look."""
        try:
            return tolerant.text(tolerant.load(envelope.body), "msgid")
        except ValueError:
            return ""

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """A callback in XML says that there is something; what was fetched then is JSON."""
        outer = wechat_crypto.fields(envelope.body)
        if not outer:
            return inbound.understand(tolerant.load(envelope.body))
        if "Encrypt" not in outer:
            return ()
        opened = wechat_crypto.unseal(outer["Encrypt"], self.active_secrets("aes_key"), self.corp_id)
        said = wechat_crypto.fields(opened)
        if said.get("Event") != "kf_msg_or_event":
            return ()
        return [Knock({"open_kfid": said.get("OpenKfId", ""), "token": said.get("Token", "")})]

    def drain(self, inlet: Inlet, hint: Mapping[str, str]) -> None:
        sync.drain(self.api, inlet, hint, keeps_sessions=bool(self.account.config.get("keeps_sessions", True)))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        return self.api.download(file.reference, max_bytes=MOST_FETCHED)

    def profile(self, address: Address) -> ContactUpdate | None:
        external_userid = inbound.pair(address)[1]
        said = self.api.ask("kf/customer/batchget", {"external_userid_list": [external_userid]})
        found = next(iter(tolerant.items(said, "customer_list")), {})
        avatar, union = tolerant.text(found, "avatar"), tolerant.text(found, "unionid")
        everywhere = f"{self.corp_id}{inbound.BETWEEN}{external_userid}"
        proven = [Address(inbound.CUSTOMER, everywhere, is_verified=True)]
        return ContactUpdate(
            address,
            name=tolerant.text(found, "nickname"),
            picture=RemoteFile("picture.jpg", "image/jpeg", url=avatar) if avatar else None,
            proven=[*proven, *([Address(UNION, union, is_verified=True)] if union else [])],
        )

    # Out
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        can = replace(self.capabilities, max_text=MOST_ABOVE_MENU) if message.quick_replies else self.capabilities
        return menus.with_the_text(parts_of(message, can))

    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self.api, message)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # Settings
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Callback address (URL)"), self.account.hook_url)]

    def check(self) -> None:
        self.api.ask("kf/account/list", {"offset": 0, "limit": 1})
