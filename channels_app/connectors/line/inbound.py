"""What a LINE web hook says. Pure: JSON in, dataclasses out (fields as in line-openapi, webhook.yml)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from channels_app.connectors import tolerant
from channels_app.connectors.places import placed
from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    MessageDeleted,
    QuickReply,
    RemoteFile,
    WindowUpdate,
)

KIND = "line"
Json = tolerant.Json

# Handles (see sent.Window): a token that answers free of charge once, one that marks as read, one that quotes a message.
REPLY, READ, QUOTE = "reply:", "read:", "quote:"
REPLY_TOKEN_HOLDS = timedelta(seconds=60)
# How long quoting is offered; LINE names no end, but what is kept must not grow for ever.
QUOTE_TOKEN_KEPT = timedelta(days=14)
MOST_POSTBACK = 300
_OURS = "answer?"


def understand(body: Json, *, stickers: str) -> list[Inbound]:
    """The items of all events of one request; `stickers` is the address under which LINE shows its stickers."""
    found: list[Inbound] = []
    for event in tolerant.items(body, "events"):
        if read := READERS.get(tolerant.text(event, "type")):
            found += read(event, stickers)
    return found


def postback_data(reply: QuickReply) -> str:
    """What comes back when a button of ours is touched: its id, and its title where there is room for it."""
    whole = _OURS + urlencode({"id": reply.id, "title": reply.title})
    return whole if len(whole) <= MOST_POSTBACK else (_OURS + urlencode({"id": reply.id}))[:MOST_POSTBACK]


def choice_of(data: str) -> Choice:
    """The button behind a postback; one that another tool has made keeps its data as id."""
    if not data.startswith(_OURS):
        return Choice(data)
    given = parse_qs(data.removeprefix(_OURS))
    return Choice(given.get("id", [""])[0], given.get("title", [""])[0])


# ── What all events have ─────────────────────────────────────────────────────────────────────────────────────────────
def address_of(event: Json) -> Address | None:
    """Who it was: alone, or in a group or room; there a member's id may be missing, and the place is all we know."""
    source = tolerant.obj(event, "source")
    user = tolerant.text(source, "userId")
    place = tolerant.text(source, "groupId") or tolerant.text(source, "roomId")
    return placed(KIND, user, place) if user or place else None


def _at(event: Json) -> datetime | None:
    return tolerant.at(event, "timestamp", per_second=1000)


def _handles(event: Json, at: datetime | None) -> dict[str, str]:
    """Where another module has the chat (standby), there is no reply token, and one must not answer."""
    found: dict[str, str] = {}
    message, number = tolerant.obj(event, "message"), tolerant.text(event, "message", "id")
    if at and (token := tolerant.text(event, "replyToken")):
        found[REPLY + token] = (at + REPLY_TOKEN_HOLDS).isoformat()
    if token := tolerant.text(message, "markAsReadToken"):
        found[f"{READ}{number}:{token}"] = (at + QUOTE_TOKEN_KEPT).isoformat() if at else ""
    if at and (token := tolerant.text(message, "quoteToken")):
        found[f"{QUOTE}{number}:{token}"] = (at + QUOTE_TOKEN_KEPT).isoformat()
    return found


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _message(event: Json, stickers: str) -> Iterator[Inbound]:
    message, sender, at = tolerant.obj(event, "message"), address_of(event), _at(event)
    number, kind = tolerant.text(message, "id"), tolerant.text(message, "type")
    if not number or sender is None:
        return
    files, place = list(_files(message, number, kind, stickers)), _location(message) if kind == "location" else None
    text = tolerant.text(message, "text") if kind == "text" else ""
    yield InboundMessage(
        external_id=number,
        sender=sender,
        text=text,
        sent_at=at,
        files=files,
        location=place,
        quoted_id=tolerant.text(message, "quotedMessageId"),
        notices=[] if text or files or place else ["unsupported"],
        handles=_handles(event, at),
        details=_details(event, message, kind),
    )


def _details(event: Json, message: Json, kind: str) -> dict[str, Any]:
    found = {
        "group": tolerant.text(event, "source", "groupId") or tolerant.text(event, "source", "roomId"),
        "standby": "yes" if tolerant.text(event, "mode") == "standby" else "",
        "images": tolerant.text(message, "imageSet", "id"),
        "sticker": (tolerant.text(message, "text") or ", ".join(tolerant.strings(message, "keywords")[:3]))
        if kind == "sticker"
        else "",
    }
    return {name: value for name, value in found.items() if value}


def _location(message: Json) -> Location | None:
    latitude, longitude = tolerant.number(message, "latitude"), tolerant.number(message, "longitude")
    if latitude is None or longitude is None:
        return None
    return Location(
        latitude, longitude, name=tolerant.text(message, "title"), address=tolerant.text(message, "address")
    )


# message type → (name, content type, role)
FILES: dict[str, tuple[str, str, FileRole]] = {
    "image": ("image.jpg", "image/jpeg", FileRole.FILE),
    "video": ("video.mp4", "video/mp4", FileRole.FILE),
    "audio": ("audio.m4a", "audio/mp4", FileRole.VOICE),
    "file": ("file", "application/octet-stream", FileRole.FILE),
}


def _files(message: Json, number: str, kind: str, stickers: str) -> Iterator[RemoteFile]:
    if kind == "sticker" and (sticker := tolerant.text(message, "stickerId")).isdecimal():
        # LINE gives no bytes of stickers; the address is from memory.
        address = f"{stickers}/stickershop/v1/sticker/{sticker}/android/sticker.png"
        yield RemoteFile("sticker.png", "image/png", url=address, role=FileRole.STICKER)
    elif kind in FILES:
        name, content_type, role = FILES[kind]
        is_elsewhere = tolerant.text(message, "contentProvider", "type") == "external"
        yield RemoteFile(
            name=tolerant.text(message, "fileName") or name,
            content_type=content_type,
            url=tolerant.text(message, "contentProvider", "originalContentUrl") if is_elsewhere else "",
            reference="" if is_elsewhere else number,
            size=tolerant.whole(message, "fileSize"),
            seconds=tolerant.whole(message, "duration") // 1000,
            role=role,
        )


def _postback(event: Json, stickers: str) -> Iterator[Inbound]:
    data, sender, at = tolerant.text(event, "postback", "data"), address_of(event), _at(event)
    number = tolerant.text(event, "webhookEventId")
    if not data or not number or sender is None:
        return
    choice = choice_of(data)
    params = {
        name: value for name, value in tolerant.obj(event, "postback", "params").items() if isinstance(value, str)
    }
    yield InboundMessage(
        external_id=f"postback:{number}",
        sender=sender,
        text=choice.title or next(iter(params.values()), "") or choice.id,
        choice=choice,
        sent_at=at,
        handles=_handles(event, at),
        details={"params": params} if params else {},
    )


def _unsend(event: Json, stickers: str) -> Iterator[Inbound]:
    if number := tolerant.text(event, "unsend", "messageId"):
        yield MessageDeleted(number, at=_at(event))


def _follow(event: Json, stickers: str) -> Iterator[Inbound]:
    sender, at = address_of(event), _at(event)
    if sender is not None:
        yield ContactUpdate(sender, is_blocked=False)
        yield WindowUpdate(sender, at=at, handles=_handles(event, at))


def _unfollow(event: Json, stickers: str) -> Iterator[Inbound]:
    sender = address_of(event)
    if sender is not None:
        yield ContactUpdate(sender, is_blocked=True)


READERS: dict[str, Callable[[Json, str], Iterator[Inbound]]] = {
    "message": _message,
    "postback": _postback,
    "unsend": _unsend,
    "follow": _follow,
    "unfollow": _unfollow,
}
