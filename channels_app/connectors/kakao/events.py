"""What a counsel talk (상담톡) sends, whoever relays it, and what the desk makes of it."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone
from channels_app.connectors.bizgo import DONE, problem_of
from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    RemoteFile,
    WindowUpdate,
)

KIND = "kakao"
# The same person beyond this channel: at the same KakaoTalk channel's chatbot, and at the same app of Kakao Developers.
CHANNEL_USER, APP_USER = "kakao_channel_user", "kakao_app_user"
SESSION = timedelta(days=30)
ENDINGS = frozenset({"end", "endwithbot"})
TYPES = {
    "PHOTO": ("image/jpeg", FileRole.FILE),
    "IMAGE": ("image/jpeg", FileRole.FILE),
    "VIDEO": ("video/mp4", FileRole.FILE),
    "AUDIO": ("audio/mp4", FileRole.VOICE),
}


@dataclass(frozen=True)
class Event:
    """One request of a relay in one form. `contents` are (address of a file, words) in the order in which they came."""

    name: str
    id: str
    user: str
    at: datetime | None = None
    type: str = ""
    contents: Sequence[tuple[str, str]] = ()
    full_text_url: str = ""
    extra: str = ""
    session: str = ""
    app_user: str = ""
    phone: str = ""
    nickname: str = ""
    request: str = ""
    code: str = ""
    words: str = ""
    ref: str = ""


def understand(event: Event, public_id: str) -> Sequence[Inbound]:
    """What an event tells the desk; one that it does not know tells nothing."""
    if not event.user:
        return ()
    match event.name:
        case "message":
            return [_message(event)]
        case "reference":
            return _reference(event, public_id)
        case "expired_session":
            return [WindowUpdate(customer(event.user), is_open=False, at=event.at)]
        case "seen_info":
            # The id of this event is its own: it says up to when, not which.
            return [DeliveryUpdate(DeliveryState.READ, address=customer(event.user), watermark=event.at, at=event.at)]
        case "personal_info":
            return [_personal(event)]
        case "result":
            return _result(event)
    return ()


def customer(user_key: str) -> Address:
    """A user as this KakaoTalk channel knows them; upper and lower case differ."""
    return Address(KIND, user_key, is_verified=True, is_local=True)


def beyond(kind: str, public_id: str, user: str) -> list[Address]:
    """What ties a user to the same person elsewhere; nothing where the channel's public id is not known."""
    return [Address(kind, f"{public_id}/{user}", is_verified=True)] if public_id and user else []


def _message(event: Event) -> InboundMessage:
    text = "\n".join(words for _url, words in event.contents if words)
    files = [_file(url, event.type) for url, _words in event.contents if url]
    if event.full_text_url:
        files.append(RemoteFile("message.txt", "text/plain", url=event.full_text_url))
    return InboundMessage(
        external_id=event.id,
        sender=customer(event.user),
        text=text,
        files=files,
        sent_at=event.at,
        choice=Choice(event.extra, text) if event.extra and text else None,
        notices=[] if text or files else ["unsupported"],
    )


def _file(url: str, kind: str) -> RemoteFile:
    """A file by its address; the type of the message tells more than most of Kakao's addresses do."""
    content_type, role = TYPES.get(kind.upper(), ("application/octet-stream", FileRole.FILE))
    name = unquote(PurePosixPath(_path(url)).name)[:120]
    if kind.upper() not in TYPES:
        content_type = mimetypes.guess_type(name)[0] or content_type
    return RemoteFile(name or "file", content_type, url=url, role=role)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _reference(event: Event, public_id: str) -> list[Inbound]:
    """The customer asked for a person. Only with a session may one write."""
    address, found = customer(event.user), list[Inbound]()
    facts = {"kakao_reference": event.extra} if event.extra else {}
    proven = beyond(APP_USER, public_id, event.app_user)
    if facts or proven:
        found.append(ContactUpdate(address, facts=facts, proven=proven))
    if event.session:
        found.append(WindowUpdate(address, at=event.at, closes_at=_session_ends(event.at)))
    return found


def _session_ends(at: datetime | None) -> datetime | None:
    """Thirty days after the next full hour."""
    if at is None:
        return None
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) + SESSION


def _personal(event: Event) -> ContactUpdate:
    """The customer agreed to give their number; Kakao vouches for it."""
    try:
        number = phone.e164(event.phone, region="KR") if event.phone else ""
    except ValueError:
        number = ""
    proven = [Address(phone.KIND, number, raw=event.phone, is_verified=True)] if number else []
    return ContactUpdate(customer(event.user), name=event.nickname, proven=proven)


def _result(event: Event) -> list[Inbound]:
    if event.request in ENDINGS:
        return [WindowUpdate(customer(event.user), is_open=False, at=event.at)] if event.code == DONE else []
    if event.code == DONE:
        return [DeliveryUpdate(DeliveryState.DELIVERED, external_id=event.id, delivery_key=event.ref, at=event.at)]
    problem = problem_of(event.code)
    return [
        DeliveryUpdate(
            DeliveryState.FAILED,
            external_id=event.id,
            delivery_key=event.ref,
            at=event.at,
            code=event.code,
            detail=event.words,
            advice=problem.advice or _("KakaoTalk did not deliver the message and gives a reason of its own."),
            trouble=problem.trouble,
            is_unreachable=problem.is_unreachable,
        )
    ]
