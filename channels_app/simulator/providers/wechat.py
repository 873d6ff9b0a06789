"""WeChat Official Account in safe mode, with customer service messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import urlencode

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.providers import wechat_crypto
from channels_app.simulator.wire import XML, ApiAnswer, ApiCall, Hook, Refusal, refuse, told
from channels_app.simulator.world import Contact, File, Message

TWO_DAYS = 48 * 3600
MOST_TEXT_BYTES, MOST_SENDS = 2048, 5


def no(code: int, words: str) -> Refusal:
    """WeChat's refusals come with HTTP 200."""
    return refuse({"errcode": code, "errmsg": words}, 200)


class WeChat(Provider):
    """One official account."""

    kind = "wechat"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.LOCATION, Act.TAP, Act.BLOCK, Act.UNBLOCK, Act.ODD})
    roles = frozenset({"image", "video", "voice"})
    window: ClassVar[float | None] = TWO_DAYS
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "app_id": "wx1234567890abcdef",
            "app_secret": signing.token()[:32],
            "token": signing.token()[:24],
            "aes_key": f"{signing.token()}{signing.token()}"[:42] + "A",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {name: self.keys[name] for name in ("app_secret", "token", "aes_key")}
        return {"appid": self.keys["app_id"]}, secrets

    def address_of(self, human: Human) -> str:
        return f"o{human.scoped(self.account.token, 27)}"

    def new_id(self) -> str:
        return str(22_876_340_532_172_986 + self.world.number())

    @property
    def owner(self) -> str:
        """Whom an envelope is for."""
        return str(self.keys["app_id"])

    def challenge(self) -> Challenge:
        at, nonce = str(signing.seconds()), "nonce1"
        signature = signing.sha1_of_sorted(self.keys["token"], at, nonce)
        query = {"signature": signature, "timestamp": at, "nonce": nonce, "echostr": "5927782489442352469"}
        hook = Hook(method="GET", query=urlencode(query))
        return Challenge(hook, lambda status, body: status == 200 and body == b"5927782489442352469")

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), "text", Content=doing.text)

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        yield self._message(said, "text", Content=doing.text, bizmsgmenuid=doing.choice)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        said = self.written(doing, kind=role, file=file)
        more = {"image": {"PicUrl": self.media_url(file)}, "voice": {"Format": "amr"}}.get(role, {"ThumbMediaId": "t1"})
        yield self._message(said, role, MediaId=file.key, **more)

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        place = doing.place
        where = {"Location_X": str(place.latitude), "Location_Y": str(place.longitude), "Scale": "15"}
        yield self._message(self.written(doing, kind="location"), "location", **where, Label=place.address)

    def on_block(self, doing: Doing) -> Iterable[Event]:
        yield self._following(doing.address, "unsubscribe", is_blocked=True)

    def on_unblock(self, doing: Doing) -> Iterable[Event]:
        yield self._following(doing.address, "subscribe", is_blocked=False)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._event(doing.address, MsgType="hologram", MsgId=self.new_id())

    def _following(self, address: str, name: str, *, is_blocked: bool) -> Event:
        contact = self.contact(address)
        contact.is_blocked = is_blocked
        self.world.keep_contact(contact)
        return self._event(address, MsgType="event", Event=name, EventKey="")

    def _message(self, said: Message, kind: str, **content: str) -> Event:
        event = self._event(said.address, MsgType=kind, **content, MsgId=said.id)
        return {**event, "CreateTime": str(said.seconds)}

    def _event(self, address: str, **content: str) -> Event:
        ends = {"ToUserName": "gh_123", "FromUserName": address, "CreateTime": str(signing.seconds())}
        return {**ends, **content}

    def hook(self, event: Event) -> Hook:
        coded = wechat_crypto.encrypt(wechat_crypto.xml(event), self.keys["aes_key"], self.owner)
        at, nonce = str(signing.seconds()), signing.token()[:10]
        query = {"timestamp": at, "nonce": nonce, **self._plain_signature(at, nonce, event)}
        query["msg_signature"] = signing.sha1_of_sorted(self.keys["token"], at, nonce, coded)
        body = wechat_crypto.xml({"ToUserName": str(event.get("ToUserName", "")), "Encrypt": coded})
        return Hook(body.encode(), content_type=XML, query=urlencode(query))

    def anything(self, body: Any) -> Hook:
        said = body if isinstance(body, dict) else {}
        fields = {name: str(value) for name, value in said.items() if name.isascii() and name.isidentifier()}
        return self.hook({name: "".join(filter(str.isalnum, value)) for name, value in fields.items()})

    def _plain_signature(self, at: str, nonce: str, event: Event) -> dict[str, str]:
        signature = signing.sha1_of_sorted(self.keys["token"], at, nonce)
        return {"signature": signature, "openid": str(event.get("FromUserName", "")), "encrypt_type": "aes"}

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no(45009, "reach max api daily quota limit").answer

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return no(40066, "invalid url").answer

    @route("GET", "cgi-bin/(?:token|gettoken)")
    def new_token(self, call: ApiCall) -> ApiAnswer:
        """A token for two hours; the one before ends."""
        asked = call.query
        given = (asked.get("appid") or asked.get("corpid"), asked.get("secret") or asked.get("corpsecret"))
        return self._issued(given)

    @route("POST", "cgi-bin/stable_token")
    def stable_token(self, call: ApiCall) -> ApiAnswer:
        """The same for those who share it."""
        return self._issued((call.json.get("appid"), call.json.get("secret")))

    def _issued(self, given: tuple[object, object]) -> ApiAnswer:
        if given != (self.owner, self.keys["app_secret"]):
            raise no(40125, "invalid appsecret")
        self.world.notes["access_token"] = signing.token("wx")
        return told(
            {"errcode": 0, "errmsg": "ok", "access_token": self.world.notes["access_token"], "expires_in": 7200}
        )

    def check_token(self, call: ApiCall) -> None:
        if self.is_refusing or call.query.get("access_token") != self.world.notes.get("access_token"):
            raise no(40001, "invalid credential, access_token is invalid or not latest")

    @route("GET", "cgi-bin/(?:getcallbackip|get_api_domain_ip)")
    def addresses(self, call: ApiCall) -> ApiAnswer:
        """Where WeChat calls from; the usual way to try a token."""
        self.check_token(call)
        return told({"ip_list": ["127.0.0.1"]})

    @route("POST", "cgi-bin/message/custom/send")
    def send(self, call: ApiCall) -> ApiAnswer:
        """Write within two days, five times until they write again; there is no id to get."""
        self.check_token(call)
        contact = self._recipient(str(call.json.get("touser", "")))
        self.take(contact, **self._content(call.json))
        return told({"errcode": 0, "errmsg": "ok"})

    def _recipient(self, address: str) -> Contact:
        contact = self.world.contact(address)
        if contact is None:
            raise no(40003, "invalid openid")
        if contact.is_blocked or self.is_outside_window(contact) or self.account.faults.bounce:
            raise no(45015, "response out of time limit or subscription is canceled")
        if contact.sends_this_turn >= MOST_SENDS:
            raise no(45047, "out of response count limit")
        return contact

    def _content(self, asked: Event) -> dict[str, Any]:
        kind = str(asked.get("msgtype"))
        body = asked.get(kind) or {}
        if kind == "text":
            return {"text": self._text(str(body.get("content", "")))}
        if kind == "msgmenu":
            choices = [self._item(one) for one in body.get("list") or []]
            return {"text": self._text(str(body.get("head_content", ""))), "choices": choices}
        file = self.world.file(str(body.get("media_id", "")))
        if kind not in ("image", "voice", "video", "file"):
            raise no(40008, "invalid message type")
        if file is None:
            raise no(40007, "invalid media_id")
        return {"kind": kind, "files": [file.key]}

    def _item(self, one: Event) -> tuple[str, str]:
        click = one.get("click") or one
        return str(click.get("id")), str(click.get("content"))

    def _text(self, text: str) -> str:
        if not text:
            raise no(44004, "empty content")
        if len(text.encode()) > MOST_TEXT_BYTES:
            raise no(45002, "content size out of limit")
        return text

    @route("POST", "cgi-bin/message/custom/typing")
    def typing(self, call: ApiCall) -> ApiAnswer:
        """Show that an answer is being written."""
        self.check_token(call)
        if call.json.get("command") not in ("Typing", "CancelTyping"):
            raise no(47001, "data format error")
        self.typing_to(call.json.get("touser", ""))
        return told({"errcode": 0, "errmsg": "ok"})

    @route("POST", "cgi-bin/media/upload")
    def upload(self, call: ApiCall) -> ApiAnswer:
        """Keep a file for three days."""
        self.check_token(call)
        part = call.parts.get("media")
        if part is None or call.query.get("type") not in ("image", "voice", "video", "thumb", "file"):
            raise no(41005, "media data missing")
        file = self.world.keep_file(File(self.new_file_id(), part.name, part.content_type, part.content))
        facts = {"type": call.query["type"], "media_id": file.key, "created_at": signing.seconds()}
        return told({"errcode": 0, "errmsg": "ok", **facts})

    @route("GET", "cgi-bin/media/get")
    def download(self, call: ApiCall) -> ApiAnswer:
        """A customer's file."""
        self.check_token(call)
        file = self.world.file(call.query.get("media_id", ""))
        if file is None:
            raise no(40007, "invalid media_id")
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return ApiAnswer(200, file.content, file.content_type, headers)

    @route("GET", "cgi-bin/user/info")
    def user(self, call: ApiCall) -> ApiAnswer:
        """Whether somebody follows the account; no name any more."""
        self.check_token(call)
        contact = self.world.contact(call.query.get("openid", ""))
        if contact is None:
            raise no(40003, "invalid openid")
        facts = {"subscribe": int(not contact.is_blocked), "openid": contact.address, "language": "zh_CN"}
        return told({**facts, "nickname": "", "headimgurl": ""})

    @route("GET", "cgi-bin/template/get_all_private_template")
    def templates(self, call: ApiCall) -> ApiAnswer:
        """The approved texts."""
        self.check_token(call)
        one = {"template_id": "T1", "title": "回复通知", "content": "{{first.DATA}}\n订单：{{keyword1.DATA}}"}
        return told({"template_list": [one]})

    @route("POST", "cgi-bin/message/template/send")
    def send_template(self, call: ApiCall) -> ApiAnswer:
        """An approved text, at any time."""
        self.check_token(call)
        contact = self.world.contact(str(call.json.get("touser", "")))
        if contact is None or call.json.get("template_id") != "T1":
            raise no(40037, "invalid template_id") if contact else no(40003, "invalid openid")
        words = [str(picked(value, "value")) for value in (call.json.get("data") or {}).values()]
        message = self.take(contact, kind="template", text=" ".join(words))
        return told({"errcode": 0, "errmsg": "ok", "msgid": int(message.id)})
