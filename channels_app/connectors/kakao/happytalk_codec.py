"""Counsel talk through HappyTalk, which passes Kakao's own dialect on.

Sources: developer-center.happytalk.io/KakaoWebhook (sending v3, uploads, endWithBot). Recall, hence read with tolerance: the
form of what comes in (from public clients), the names of quick replies, the words of errors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.kakao.codec import Codec, bubble
from channels_app.connectors.kakao.events import Event
from channels_app.connectors.kakao.problems import problem_of
from channels_app.connectors.tolerant import Json
from channels_app.contract import OutboundFile, OutboundMessage, QuickReply, Receipt, UnknownOutcome

NAMES = frozenset({"message", "reference", "expired_session", "seen_info", "personal_info"})
MOST_ID = 30
DONE = frozenset({"0", "0000"})
_EXTRA = re.compile(r"[A-Za-z0-9_]{1,50}")


class HappyTalkCodec(Codec):
    """HappyTalk posts right below the hook's address in snake_case and gives no receipts."""

    acknowledgement: ClassVar[Mapping[str, object]] = {"code": 0}

    def __init__(self, sender_key: str, base: str, client_id: str, client_secret: str) -> None:
        super().__init__(sender_key)
        self.base = base
        self.headers = {"HT-Client-Id": client_id, "HT-Client-Secret": client_secret}

    def name_of(self, path: str) -> str:
        name = path.strip("/").rpartition("/")[2]
        return name if name in NAMES else ""

    def sender_of(self, said: Json) -> str:
        return tolerant.text(said, "sender_key")

    def read(self, name: str, said: Json) -> Event:
        text, info = tolerant.text, tolerant.obj(said, "personal_info")
        user, at = text(said, "user_key"), tolerant.at(said, "time", per_second=1000)
        return Event(
            name=name,
            id=text(said, "serial_number") or f"{user}:{text(said, 'time')}",
            user=user,
            at=at,
            type=text(said, "type"),
            contents=_contents(said),
            full_text_url=text(said, "attachment", "url"),
            extra=text(said, "reference", "extra") if name == "reference" else text(said, "extra"),
            session=text(said, "session_id"),
            app_user=text(said, "app_user_id"),
            phone=text(info, "phone_number"),
            nickname=text(info, "nickname"),
        )

    def send(self, message: OutboundMessage) -> Receipt:
        path = "chat/send/rich" if message.quick_replies and not message.files else "chat/send/plain"
        serial = serial_number(message.delivery_key)
        to = {"user_key": message.recipient.value, "sender_key": self.sender_key, "serial_number": serial}
        self._ask(path, json_body={**to, **self._content(message)})
        return Receipt(external_id=serial)

    def _content(self, message: OutboundMessage) -> dict[str, Any]:
        if message.files:
            return self._file(message.files[0])
        content: dict[str, Any] = {"chat_bubble_type": "TEXT", "message": message.text}
        if message.quick_replies:
            content["attachment"] = {"quick_replies": [_quick_reply(reply) for reply in message.quick_replies]}
        return content

    def _file(self, file: OutboundFile) -> dict[str, Any]:
        """Only what Kakao keeps itself can be sent."""
        kind = bubble(file.content_type)
        if kind == "IMAGE":
            kept = self._upload("image/upload", "image", file, {})
            return {"chat_bubble_type": kind, "attachment": {"image": {"img_url": tolerant.text(kept, "image")}}}
        kept = self._upload("file/upload", "file", file, {"file_type": kind.lower()})
        name, size = tolerant.text(kept, "name") or file.name, tolerant.whole(kept, "size") or file.size
        attachment = {"file": {"file_url": tolerant.text(kept, "file"), "file_name": name, "file_size": size}}
        return {"chat_bubble_type": kind, "attachment": attachment}

    def _upload(self, path: str, field: str, file: OutboundFile, form: Mapping[str, str]) -> Json:
        part = (file.name, file.read(), file.content_type)
        with http.repeatable():
            return self._ask(path, form={"sender_key": self.sender_key, **form}, files={field: part}, seconds=120.0)

    def end(self, user_key: str, *, bot_event: str = "") -> None:
        named = {"bot_event": bot_event} if bot_event else {}
        self._ask("chat/endWithBot", json_body={"user_key": user_key, "sender_key": self.sender_key, **named})

    def check(self) -> None:
        """There is no question that could be asked without doing something."""

    def _ask(self, path: str, **options: Any) -> Json:
        url = f"{self.base}/kakaoWebhook/v3/bzc/{path}"
        answer = http.request("POST", url, headers=self.headers, **options)
        said = _said(answer)
        code = tolerant.text(said, "code")
        if code and code not in DONE:
            words = f"{code} {tolerant.text(said, 'message')}"[:300]
            raise problem_of(words).failure(words, code=code, retry_after=answer.retry_after)
        answer.raise_for_status()
        if not code:
            raise UnknownOutcome(f"{answer.url} did not answer as HappyTalk does", code=str(answer.status))
        return said


def serial_number(delivery_key: str) -> str:
    """Our key as HappyTalk takes it: at most 30 signs."""
    return hashlib.sha256(delivery_key.encode()).hexdigest()[:MOST_ID]


def _said(answer: http.Answer) -> Json:
    try:
        return tolerant.load(answer.body)
    except ValueError:
        return {}


def _contents(said: Json) -> list[tuple[str, str]]:
    """The parts of a message, as objects or as bare texts."""
    kind = tolerant.text(said, "type").lower()
    parts = [(tolerant.text(part, "url"), tolerant.text(part, "comment")) for part in tolerant.items(said, "contents")]
    bare = tolerant.strings(said, "contents") or [tolerant.text(said, "content")]
    return parts or [("", one) if kind in ("", "text") else (one, "") for one in bare]


def _quick_reply(reply: QuickReply) -> dict[str, str]:
    extra = {"extra": reply.id} if _EXTRA.fullmatch(reply.id) else {}
    return {"type": "BK", "name": reply.title, **extra}
