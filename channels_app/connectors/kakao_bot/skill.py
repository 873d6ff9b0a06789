"""The protocol of a chatbot's skill: what Kakao asks, and the forms of an answer.

Sources: kakao-chatbot 0.4.3 (input, response, event); kakaobusiness.gitbook.io "AI 챗봇 콜백 개발 가이드" (callbackUrl, one
use, one minute). Recall: where pictures come, clientExtra of a quick reply, limits of texts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from channels_app.connectors import tolerant
from channels_app.connectors.kakao.events import APP_USER, CHANNEL_USER, beyond
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Address,
    Capabilities,
    Choice,
    ContactUpdate,
    Inbound,
    InboundMessage,
    OutboundMessage,
    QuickReply,
    RemoteFile,
)
from channels_app.contract.parts import split

KIND = "kakao_bot"
VERSION = "2.0"
# A minute by Kakao's clock; ours may be behind.
CALLBACK = timedelta(seconds=55)
CALLBACK_HANDLE = "callback:"
BUBBLE = Capabilities(max_text=1000)
MOST_OUTPUTS, MOST_LABEL, MOST_QUICK_REPLIES = 3, 14, 10
CHOICE = "choice"
# The hosts on which Kakao keeps pictures that were sent to it; its other addresses are links that somebody passed on.
_PICTURES = re.compile(r"(^|\.)kakaocdn\.net$|^(dn-m\.talk|[\w-]*kage)\.kakao\.com$")
_ADDRESS = re.compile(r"https?://[^\s,()\"']+")


def understand(said: Json, public_id: str, received_at: datetime, *, uses_callback: bool) -> Sequence[Inbound]:
    """A customer's words, and what ties them to the same person at the channel's consultations."""
    asked = tolerant.obj(said, "userRequest")
    user = tolerant.text(asked, "user", "id")
    if not user:
        return ()
    address = Address(KIND, user, is_verified=True, is_local=True)
    callback = callback_of(said) if uses_callback else ""
    found: list[Inbound] = [_message(said, address, received_at, callback)]
    known = tolerant.obj(asked, "user", "properties")
    proven = [
        *beyond(CHANNEL_USER, public_id, _either(known, "plusfriendUserKey", "plusfriend_user_key")),
        *beyond(APP_USER, public_id, _either(known, "appUserId", "app_user_id")),
    ]
    return [*found, ContactUpdate(address, proven=proven)] if proven else found


def _either(known: Json, name: str, other: str) -> str:
    return tolerant.text(known, name) or tolerant.text(known, other)


def _message(said: Json, address: Address, received_at: datetime, callback: str) -> InboundMessage:
    asked = tolerant.obj(said, "userRequest")
    text, files = tolerant.text(asked, "utterance").strip(), _pictures(said)
    if files:
        text = "" if _ADDRESS.match(text) or text.startswith("List(") else text
    choice = tolerant.text(said, "action", "clientExtra", CHOICE)
    until = (received_at + CALLBACK).isoformat()
    return InboundMessage(
        external_id=identifier(said, received_at),
        sender=address,
        text=text,
        files=files,
        sent_at=received_at,
        choice=Choice(choice, text) if choice else None,
        language=tolerant.text(asked, "lang"),
        opens_window=bool(callback),
        handles={f"{CALLBACK_HANDLE}{callback}": until} if callback else {},
        details={"block": tolerant.text(asked, "block", "name")},
    )


def identifier(said: Json, received_at: datetime) -> str:
    """Kakao gives none, and asks once only: two requests with the same words are two messages."""
    parts = [tolerant.text(said, "userRequest", *path) for path in (("user", "id"), ("utterance",), ("callbackUrl",))]
    return hashlib.sha256("\n".join([*parts, received_at.isoformat()]).encode()).hexdigest()[:32]


def callback_of(said: Json) -> str:
    """The address for a later answer; blank where the block has no callback."""
    return tolerant.text(said, "userRequest", "callbackUrl")


def _pictures(said: Json) -> list[RemoteFile]:
    """Pictures come as Kakao's own addresses: in the words, or in a block's parameters (secure image)."""
    places = [tolerant.text(said, "userRequest", "utterance")]
    places += [tolerant.text({"": one}, "", "origin") for one in tolerant.obj(said, "action", "detailParams").values()]
    found = dict.fromkeys(url for place in places for url in _ADDRESS.findall(place) if _is_kakaos(url))
    return [RemoteFile(f"picture-{number}.jpg", "image/jpeg", url=url) for number, url in enumerate(found, 1)]


def _is_kakaos(url: str) -> bool:
    try:
        return bool(_PICTURES.search(urlsplit(url).hostname or ""))
    except ValueError:
        return False


def later(text: str) -> dict[str, Any]:
    """The answer that promises another by the callback."""
    return {"version": VERSION, "useCallback": True, "data": {"text": text}}


def simple(text: str, *, button: dict[str, str] | None = None) -> dict[str, Any]:
    """A text, with a button below it where one is wanted."""
    if button is None:
        return answer([{"simpleText": {"text": text}}])
    return answer([{"textCard": {"title": text, "buttons": [button]}}])


def composed(message: OutboundMessage) -> dict[str, Any]:
    """A message of an agent's: texts in bubbles, then a picture by its public address."""
    outputs: list[dict[str, Any]] = [{"simpleText": {"text": text}} for text in split(message.text, BUBBLE)]
    outputs += [{"simpleImage": {"imageUrl": file.share(), "altText": file.name}} for file in message.files]
    return answer(outputs[:MOST_OUTPUTS], message.quick_replies)


def answer(outputs: list[dict[str, Any]], quick_replies: Sequence[QuickReply] = ()) -> dict[str, Any]:
    """A skill's answer: one to three outputs, at most ten quick replies."""
    template: dict[str, Any] = {"outputs": outputs}
    if quick_replies:
        template["quickReplies"] = [_quick_reply(reply) for reply in quick_replies[:MOST_QUICK_REPLIES]]
    return {"version": VERSION, "template": template}


def _quick_reply(reply: QuickReply) -> dict[str, Any]:
    label = reply.title[:MOST_LABEL]
    return {"label": label, "action": "message", "messageText": reply.title, "extra": {CHOICE: reply.id}}
