"""Counsel talk through Bizgo. Source: bizgo-sdk-comm 1.2.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from channels_app.connectors import tolerant
from channels_app.connectors.bizgo import DONE, Bizgo
from channels_app.connectors.kakao.codec import Codec, bubble
from channels_app.connectors.kakao.events import Event
from channels_app.connectors.tolerant import Json
from channels_app.contract import DeliveryError, OutboundFile, OutboundMessage, QuickReply, Receipt

PREFIX = "cstalk/"
NOTHING_FOUND = "A820"
# What may come back with a touched quick reply.
_EXTRA = re.compile(r"[A-Za-z0-9_]{1,50}")


class BizgoCodec(Codec):
    """Bizgo posts below /cstalk/ in camelCase and tells what became of each message."""

    acknowledgement: ClassVar[Mapping[str, object]] = {"code": DONE, "result": "Success"}

    def __init__(self, sender_key: str, bizgo: Bizgo) -> None:
        super().__init__(sender_key)
        self.bizgo = bizgo

    def name_of(self, path: str) -> str:
        return path.removeprefix(PREFIX).strip("/") if path.startswith(PREFIX) else ""

    def sender_of(self, said: Json) -> str:
        return tolerant.text(said, "senderKey")

    def read(self, name: str, said: Json) -> Event:
        text, info = tolerant.text, tolerant.obj(said, "personalInfo")
        return Event(
            name=name,
            id=text(said, "msgKey"),
            user=text(said, "userKey"),
            at=tolerant.iso(said, "kakaoTime")
            or tolerant.iso(said, "kakaoResCreatedAt")
            or tolerant.iso(said, "sendTime"),
            type=text(said, "msgType"),
            contents=_contents(said),
            full_text_url=text(said, "attachment", "url"),
            extra=text(said, "reference", "extra") if name == "reference" else text(said, "extra"),
            session=text(said, "sessionId"),
            app_user=text(said, "appUserId"),
            phone=text(info, "phone_number"),
            nickname=text(info, "nickname"),
            request=text(said, "requestType"),
            code=text(said, "reportCode"),
            words=text(said, "reportText"),
            ref=text(said, "ref"),
        )

    def send(self, message: OutboundMessage) -> Receipt:
        path = "cstalk/rich" if message.quick_replies and not message.files else "cstalk/plain"
        said = self.bizgo.send(
            path, {**self._to(message.recipient.value), "ref": message.delivery_key, **self._content(message)}
        )
        return Receipt(external_id=tolerant.text(said, "msgKey"))

    def _to(self, user_key: str) -> dict[str, str]:
        return {"userKey": user_key, "senderKey": self.sender_key}

    def _content(self, message: OutboundMessage) -> dict[str, Any]:
        if message.files:
            return self._file(message.files[0])
        content: dict[str, Any] = {"msgType": "TEXT", "message": message.text}
        if message.quick_replies:
            content["attachment"] = {"quickReplies": [_quick_reply(reply) for reply in message.quick_replies]}
        return content

    def _file(self, file: OutboundFile) -> dict[str, Any]:
        """Only what Kakao keeps itself can be sent."""
        kind = bubble(file.content_type)
        if kind == "IMAGE":
            kept = self.bizgo.upload("file/cstalk/image", file, {"senderKey": self.sender_key})
            attachment: dict[str, Any] = {"image": {"imgUrl": tolerant.text(kept, "imgUrl")}}
        else:
            form = {"senderKey": self.sender_key, "fileType": kind.lower()}
            kept = self.bizgo.upload("file/cstalk", file, form)
            name, size = tolerant.text(kept, "fileName") or file.name, tolerant.text(kept, "size") or str(file.size)
            attachment = {"file": {"fileUrl": tolerant.text(kept, "fileUrl"), "fileName": name, "fileSize": size}}
        return {"msgType": kind, "message": "", "attachment": attachment}

    def end(self, user_key: str, *, bot_event: str = "") -> None:
        if bot_event:
            self.bizgo.send("cstalk/endWithBot", {**self._to(user_key), "botEvent": bot_event})
        else:
            self.bizgo.send("cstalk/end", self._to(user_key))

    def check(self) -> None:
        """The times of consultation: what everybody may read who has the key and the sender."""
        try:
            self.bizgo.ask("center/cstalk/consult/time", senderKey=self.sender_key)
        except DeliveryError as error:
            if error.code != NOTHING_FOUND:
                raise


def _contents(said: Json) -> list[tuple[str, str]]:
    """The parts of a message; before 2026 there was one text alone."""
    parts = [(tolerant.text(part, "url"), tolerant.text(part, "comment")) for part in tolerant.items(said, "contents")]
    return parts or [("", tolerant.text(said, "content"))]


def _quick_reply(reply: QuickReply) -> dict[str, str]:
    """A button that says its own name; our id comes back where it is spelt as Kakao wants it."""
    extra = {"extra": reply.id} if _EXTRA.fullmatch(reply.id) else {}
    return {"type": "BK", "name": reply.title, **extra}
