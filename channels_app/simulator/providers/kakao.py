"""KakaoTalk 상담톡 through Bizgo: sessions that customers open, unsigned web hooks below one address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, Contact, File, Message

MOST_TEXT, MOST_REF, MOST_BUTTONS, MOST_QUICK_REPLIES, MOST_TITLE = 1000, 200, 5, 10, 14
MEGABYTE = 1024 * 1024
SESSION = timedelta(days=30)


def envelope(code: str, result: str, data: Event | None = None) -> Event:
    """Bizgo's own envelope: whether the caller was let in, and what came of it."""
    common = {"authCode": "A000", "authResult": "Success", "infobankTrId": signing.token()[:20]}
    return {"common": common, "data": {"code": code, "result": result, **(data or {})}}


def no(code: str, result: str, status: int = 400) -> Refusal:
    """A refusal of what was asked."""
    return refuse(envelope(code, result), status)


def local_time() -> str:
    """Times as Kakao writes them, in Korea."""
    return timezone.localtime(timezone.now(), timezone.get_fixed_timezone(540)).isoformat(timespec="milliseconds")


class Kakao(Provider):
    """One KakaoTalk channel with 상담톡."""

    kind = "kakao"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.OPEN, Act.END, Act.READ, Act.TAP, Act.CONSENT, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({DELIVERED, READ, FAILED})
    is_signed = False
    needs_session = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {"api_key": signing.token("bizgo"), "sender_key": signing.token()[:32] + "01234567"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"sender_key": self.keys["sender_key"], "relay": "bizgo"}, {"api_key": self.keys["api_key"]}

    def address_of(self, human: Human) -> str:
        return f"Uk{human.scoped(self.account.token, 12)}"

    def new_id(self) -> str:
        return f"{timezone.now():%Y%m%d}{self.account.token[:4]}{self.world.number():010d}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield from self._opened(doing.address)
        said = self.written(doing)
        yield self._message(said, "TEXT", contents=[{"comment": doing.text}])

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        yield from self._opened(doing.address)
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        said = self.written(doing, kind=role, file=file)
        kind = {"image": "PHOTO", "video": "VIDEO", "audio": "AUDIO"}.get(role, "FILE")
        content = {"url": self.media_url(file)} | ({"comment": doing.text} if doing.text else {})
        yield self._message(said, kind, contents=[content])

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        yield self._message(said, "TEXT", contents=[{"comment": doing.text}], extra=doing.choice)

    def on_open(self, doing: Doing) -> Iterable[Event]:
        """They touch 상담원 연결."""
        return self._opened(doing.address)

    def on_end(self, doing: Doing) -> Iterable[Event]:
        """The session ends, by Kakao's clock."""
        contact = self.contact(doing.address)
        was = contact.notes.pop("session", "")
        self.world.keep_contact(contact)
        yield {"path": "cstalk/expired_session", "msgType": "SESSION", "sessionId": was, **self._who(doing.address)}

    def on_read(self, doing: Doing) -> Iterable[Event]:
        for message in self.read_up_to(doing.address):
            yield from self.receipt(message, READ)

    def on_consent(self, doing: Doing) -> Iterable[Event]:
        """They agree to give their number and name."""
        yield from self._opened(doing.address)
        contact = self.contact(doing.address)
        given = {"phone_number": contact.phone, "nickname": contact.name}
        yield {"path": "cstalk/personal_info", **self._who(doing.address), "personalInfo": given}

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield {"path": "cstalk/hologram", "msgType": "HOLOGRAM", **self._who(doing.address)}

    def _opened(self, address: str) -> Iterable[Event]:
        """Tell of a new session unless one is open."""
        contact = self.contact(address)
        if "session" in contact.notes:
            return
        contact.notes["session"] = str(100_000 + self.world.number())
        contact.act()
        self.world.keep_contact(contact)
        about = {"msgType": "REFERENCE", "sessionId": contact.notes["session"], "reference": {"extra": "order"}}
        yield {"path": "cstalk/reference", **about, **self._who(address)}

    def _message(self, said: Message, kind: str, **content: Any) -> Event:
        session = self.contact(said.address).notes.get("session")
        about = {"msgType": kind, "requestType": "message"} | ({"sessionId": session} if session else {})
        return {"path": "cstalk/message", **about, **self._who(said.address), "msgKey": said.id, **content}

    def _who(self, address: str) -> Event:
        times = {"sendTime": local_time(), "reportTime": local_time()}
        who = {"userKey": address, "senderKey": self.keys["sender_key"], "serviceType": "CSTALK"}
        return {"msgKey": self.new_id(), **who, **times}

    def hook(self, event: Event) -> Hook:
        """Nothing is signed: the address is the secret."""
        body = {name: value for name, value in event.items() if name != "path"}
        return json_hook(body, path=event["path"])

    def anything(self, body: Any) -> Hook:
        return json_hook(body, path="cstalk/message")

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        who = self._who(message.address)
        if state == READ:
            yield {"path": "cstalk/seen_info", **who, "msgType": "SEEN", "msgKey": message.id}
            return
        code, text = ("A000", "Success") if state == DELIVERED else ("K102", "NotAvailableSendMessage")
        about = {"requestType": "write", "reportCode": code, "reportText": text, "msgKey": message.id}
        about |= {"ref": message.key} if message.key else {}
        yield {"path": "cstalk/result", **who, **about, "kakaoResCreatedAt": local_time()}

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no("A020", "Too Many Requests", 429).answer

    def broken(self) -> ApiAnswer:
        return no("A999", "Internal Server Error", 500).answer

    def check_key(self, call: ApiCall) -> None:
        """The bare key, without a scheme."""
        if self.is_refusing or call.headers.get("authorization") != self.keys["api_key"]:
            common = {"authCode": "A001", "authResult": "Unauthorized", "infobankTrId": signing.token()[:20]}
            raise refuse({"common": common}, 401)

    def _in_session(self, asked: Event) -> Contact:
        if asked.get("senderKey") != self.keys["sender_key"]:
            raise no("A502", "InvalidSenderKey")
        contact = self.world.contact(str(asked.get("userKey", "")))
        if contact is None:
            raise no("A507", "InvalidUserKey")
        if "session" not in contact.notes or self.account.faults.closed_window:
            raise no("A821", "SessionExpired")
        return contact

    @route("POST", "api/comm/v1/cstalk/(?P<shape>plain|rich)")
    def send(self, call: ApiCall, shape: str) -> ApiAnswer:
        """Write into an open session."""
        self.check_key(call)
        asked = call.json
        contact = self._in_session(asked)
        text, key = str(asked.get("message", "")), str(asked.get("ref", ""))
        if len(text) > MOST_TEXT or len(key) > MOST_REF:
            raise no("A305", "InvalidParameter: message")
        kind = asked.get("msgType")
        if kind == "TEXT" and not text:
            raise no("A302", "MissingParameter: message")
        columns = {"text": text, "key": key, "choices": self._choices(asked, shape)}
        message = self.take(contact, **columns, **self._attached(asked, str(kind)))
        return told(envelope("A000", "Success", {"msgKey": message.id}))

    def _choices(self, asked: Event, shape: str) -> list[tuple[str, str]]:
        quick = picked(asked, "attachment", "quickReplies") or []
        buttons = picked(asked, "attachment", "buttons") or []
        if (quick or buttons) and shape == "plain":
            raise no("A304", "InvalidParameter: attachment")
        if len(quick) > MOST_QUICK_REPLIES or len(buttons) > MOST_BUTTONS:
            raise no("A306", "TooManyItems")
        if any(
            not 0 < len(str(one.get("name", ""))) <= MOST_TITLE or not one.get("type") for one in [*quick, *buttons]
        ):
            raise no("A305", "InvalidParameter: name")
        return [(str(one.get("extra") or one["name"]), str(one["name"])) for one in [*quick, *buttons]]

    def _attached(self, asked: Event, kind: str) -> dict[str, Any]:
        if kind == "TEXT":
            return {}
        group, field = ("image", "imgUrl") if kind == "IMAGE" else ("file", "fileUrl")
        url = str(picked(asked, "attachment", group, field) or "")
        file = self.world.file(url.rpartition("/")[2])
        if file is None:
            # Only what was uploaded to Kakao before may be sent.
            raise no("A511", "InvalidAttachment")
        return {"kind": "image" if kind == "IMAGE" else "file", "files": [file.key]}

    @route("POST", "api/comm/v1/file/cstalk/image")
    def upload_image(self, call: ApiCall) -> ApiAnswer:
        """Keep a picture of five megabytes at most."""
        file = self._kept(call, 5 * MEGABYTE)
        return told(envelope("A000", "Success", {"data": {"imgUrl": self.media_url(file)}}))

    @route("POST", "api/comm/v1/file/cstalk")
    def upload_file(self, call: ApiCall) -> ApiAnswer:
        """Keep a file of three hundred megabytes at most."""
        file = self._kept(call, 300 * MEGABYTE)
        facts = {"fileUrl": self.media_url(file), "fileName": file.name, "size": len(file.content)}
        return told(envelope("A000", "Success", {"data": facts}))

    def _kept(self, call: ApiCall, largest: int) -> File:
        self.check_key(call)
        part = next(iter(call.parts.values()), None)
        if part is None:
            raise no("A302", "MissingParameter: file")
        if len(part.content) > largest:
            raise no("A513", "FileSizeExceeded", 413)
        return self.world.keep_file(File(self.new_file_id(), part.name, part.content_type, part.content))

    @route("POST", "api/comm/v1/cstalk/(?P<how>end|endWithBot)")
    def end(self, call: ApiCall, how: str) -> ApiAnswer:
        """Close the session."""
        self.check_key(call)
        contact = self._in_session(call.json)
        contact.notes.pop("session")
        self.world.keep_contact(contact)
        return told(envelope("A000", "Success", {"msgKey": self.new_id()}))

    @route("GET", "api/comm/v1/center/cstalk/session")
    def session(self, call: ApiCall) -> ApiAnswer:
        """Whether a session is open, and until when."""
        self.check_key(call)
        contact = self.world.contact(call.query.get("userKey", ""))
        if contact is None or "session" not in contact.notes:
            raise no("A821", "SessionExpired")
        hour = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        facts = {"sessionId": contact.notes["session"], "expiredAt": (hour + SESSION).isoformat()}
        return told(envelope("A000", "Success", {"data": facts}))

    @route("POST", "api/comm/v1/center/cstalk/chat/delete")
    def delete(self, call: ApiCall) -> ApiAnswer:
        """Take a message back."""
        self.check_key(call)
        key = str(picked(call.json, "cstalk", "msgKey"))
        if self.world.message(key) is None:
            raise no("A310", "NotFound")
        self.change(key, is_deleted=True)
        return told(envelope("A000", "Success"))
