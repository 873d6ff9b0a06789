"""WeCom 微信客服: the web hook only knocks, messages are fetched by a cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, route
from channels_app.simulator.providers import wechat_crypto
from channels_app.simulator.providers.wechat import MOST_SENDS, WeChat, no
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import FAILED, Contact, Message

TOKEN_SECONDS, MOST_AT_ONCE = 600, 1000


class WeCom(WeChat):
    """One customer service account of a company."""

    kind = "wecom"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.LOCATION, Act.TAP, Act.DELETE, Act.OPEN, Act.OUTSIDE, Act.ODD})
    roles = frozenset({"image", "video", "voice", "file"})
    reports = frozenset({FAILED})
    bounces_at_once = False

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {**super().new_keys(), "corp_id": "ww1234567890abcdef", "open_kfid": "wkAJ2GCAAASSm4Fq"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {"secret": self.keys["app_secret"], "token": self.keys["token"], "aes_key": self.keys["aes_key"]}
        return {"corp_id": self.owner, "keeps_sessions": True}, secrets

    @property
    def owner(self) -> str:
        return str(self.keys["corp_id"])

    def address_of(self, human: Human) -> str:
        return f"wm{human.scoped(self.account.token, 26)}"

    def new_id(self) -> str:
        return f"from_msgid_{4_622_416_642_169_452_483 + self.world.number()}"

    def challenge(self) -> Challenge:
        coded = wechat_crypto.encrypt("5927782489442352469", self.keys["aes_key"], self.owner)
        at, nonce = str(signing.seconds()), "nonce1"
        signature = signing.sha1_of_sorted(self.keys["token"], at, nonce, coded)
        query = {"msg_signature": signature, "timestamp": at, "nonce": nonce, "echostr": coded}
        hook = Hook(method="GET", query=urlencode(query))
        return Challenge(hook, lambda status, body: status == 200 and body == b"5927782489442352469")

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._item_of(self.written(doing), "text", {"content": doing.text})

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        yield self._item_of(said, "text", {"content": doing.text, "menu_id": doing.choice})

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        yield self._item_of(self.written(doing, kind=role, file=file), role, {"media_id": file.key})

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        place = doing.place
        where = {"latitude": place.latitude, "longitude": place.longitude}
        said = self.written(doing, kind="location")
        yield self._item_of(said, "location", {**where, "name": place.name, "address": place.address})

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        yield self._news(doing.address, "user_recall_msg", recall_msgid=doing.target)

    def on_open(self, doing: Doing) -> Iterable[Event]:
        """They open the chat."""
        self.acted(doing.address)
        yield self._news(doing.address, "enter_session", scene="123", scene_param="abc", welcome_code="CODE")

    def on_outside(self, doing: Doing) -> Iterable[Event]:
        """Somebody answers in the company's own app."""
        said = self.world.keep(Message(self.new_id(), doing.address, is_theirs=False, text=doing.text))
        yield self._item_of(said, "text", {"content": doing.text}, origin=5, servicer_userid="Zhangsan")

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._item_of(self.written(doing, kind="odd"), "hologram", {"id": "1"})

    def _item_of(self, said: Message, kind: str, content: Event, **more: Any) -> Event:
        who = {"open_kfid": self.keys["open_kfid"], "external_userid": said.address, "origin": 3}
        return {"msgid": said.id, **who, "send_time": said.seconds, "msgtype": kind, kind: content, **more}

    def _news(self, address: str, name: str, **content: Any) -> Event:
        about = {"event_type": name, "open_kfid": self.keys["open_kfid"], "external_userid": address}
        when = {"send_time": signing.seconds(), "origin": 4}
        return {"msgid": self.new_id(), **when, "msgtype": "event", "event": {**about, **content}}

    def pack(self, events: Sequence[Event]) -> list[Hook]:
        """What happened waits to be fetched; one knock tells of it."""
        if not events:
            return []
        self.world.notes.setdefault("queue", []).extend(events)
        self.world.notes["knock"] = [token := signing.token("ENC"), signing.seconds()]
        about = {"ToUserName": self.owner, "CreateTime": str(signing.seconds()), "MsgType": "event"}
        return [self.hook({**about, "Event": "kf_msg_or_event", "Token": token, "OpenKfId": self.keys["open_kfid"]})]

    def _plain_signature(self, at: str, nonce: str, event: Event) -> dict[str, str]:
        return {}

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        yield self._news(message.address, "msg_send_fail", fail_msgid=message.id, fail_type=10)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", "cgi-bin/kf/sync_msg")
    def sync(self, call: ApiCall) -> ApiAnswer:
        """What happened since the cursor."""
        self.check_token(call)
        asked = call.json
        token, at = self.world.notes.get("knock", ("", 0))
        if asked.get("token") and (asked["token"] != token or signing.seconds() - at > TOKEN_SECONDS):
            raise no(95007, "invalid token")
        if asked.get("open_kfid") not in (None, "", self.keys["open_kfid"]):
            raise no(95000, "invalid open_kfid")
        queue = self.world.notes.get("queue", [])
        start = int(str(asked.get("cursor") or "c0").removeprefix("c"))
        end = start + min(int(asked.get("limit") or MOST_AT_ONCE), MOST_AT_ONCE)
        found = queue[start:end]
        more = {"next_cursor": f"c{start + len(found)}", "has_more": int(end < len(queue))}
        return told({"errcode": 0, "errmsg": "ok", **more, "msg_list": found})

    @route("POST", "cgi-bin/kf/send_msg")
    def send_msg(self, call: ApiCall) -> ApiAnswer:
        """Write within two days, five times for each of theirs; an own id makes that safe to repeat."""
        self.check_token(call)
        asked = call.json
        key = str(asked.get("msgid", ""))
        if key and not re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", key):
            raise no(40058, "invalid msgid")
        if key and self.world.message(key):
            return told({"errcode": 0, "errmsg": "ok", "msgid": key})
        if asked.get("open_kfid") != self.keys["open_kfid"]:
            raise no(95000, "invalid open_kfid")
        contact = self._recipient(str(asked.get("touser", "")))
        message = self.take(contact, id=key or self.new_id(), key=key, **self._content(asked))
        return told({"errcode": 0, "errmsg": "ok", "msgid": message.id})

    def _recipient(self, address: str) -> Contact:
        contact = self.world.contact(address)
        if contact is None:
            raise no(40003, "invalid external_userid")
        if self.is_outside_window(contact):
            raise no(95013, "conversation is end")
        if contact.sends_this_turn >= MOST_SENDS:
            raise no(95001, "send msg count limit")
        return contact

    @route("POST", "cgi-bin/kf/customer/batchget")
    def customers(self, call: ApiCall) -> ApiAnswer:
        """Who customers are."""
        self.check_token(call)
        found = [self.world.contact(str(one)) for one in call.json.get("external_userid_list") or []]
        known = [{"external_userid": one.address, "nickname": one.name, "gender": 0} for one in found if one]
        return told({"errcode": 0, "errmsg": "ok", "customer_list": known, "invalid_external_userid": []})

    @route("GET", "cgi-bin/kf/account/list")
    def list_accounts(self, call: ApiCall) -> ApiAnswer:
        """The company's service accounts."""
        self.check_token(call)
        one = {"open_kfid": self.keys["open_kfid"], "name": "Moment Store", "manage_privilege": True}
        return told({"errcode": 0, "errmsg": "ok", "account_list": [one]})

    @route("POST", "cgi-bin/kf/account/list")
    def list_accounts_by_post(self, call: ApiCall) -> ApiAnswer:
        """The same, as it is asked for in pages."""
        return self.list_accounts(call)

    @route("POST", "cgi-bin/kf/service_state/(?:get|trans)")
    def service_state(self, call: ApiCall) -> ApiAnswer:
        """Who answers in a session: always the desk."""
        self.check_token(call)
        return told({"errcode": 0, "errmsg": "ok", "service_state": 1, "servicer_userid": ""})
