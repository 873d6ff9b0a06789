"""What X tells of: direct messages by the activity interface and by its forerunner, encrypted ones, mentions in public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from channels_app.connectors.tolerant import Json, at, iso, items, obj, text, whole
from channels_app.contract import (
    Address,
    Choice,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    InboundMessage,
    MessageDeleted,
    RemoteFile,
    TypingUpdate,
)

KIND = "x"
# Posts and direct messages are numbered alike.
POST, CHAT = "post:", "chat:"
# Ids hold the time at which they were made, in thousandths of a second from here on.
EPOCH_MS = 1_288_834_974_657
TYPES = {"photo": "image/jpeg", "video": "video/mp4", "animated_gif": "video/mp4"}
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
FILE_NAME = re.compile(r"[^/?#:]+\.[A-Za-z0-9]{2,5}")


def read(said: Json, own_id: str) -> Iterator[Inbound]:
    """Everything that one delivery tells."""
    if text(said, "for_user_id"):
        yield from _legacy(said, text(said, "for_user_id"))
        return
    data = said.get("data")
    for event in [data] if isinstance(data, dict) else items(said, "data"):
        own = text(event, "filter", "user_id") or own_id
        yield from _event(event, own)


def _event(event: Json, own: str) -> Iterator[Inbound]:
    kind, payload = text(event, "event_type"), obj(event, "payload")
    if kind.startswith("dm."):
        yield from _legacy(payload, own)
    elif kind == "chat.received":
        yield from _encrypted(payload, own)
    elif kind == "post.mention.create":
        yield from _mention(payload, _people(obj(event, "includes")), own)
    elif kind == "post.delete" and text(payload, "id"):
        yield MessageDeleted(f"{POST}{text(payload, 'id')}")


# ── Direct messages ──────────────────────────────────────────────────────────────────────────────────────────────────
def _legacy(payload: Json, own: str) -> Iterator[Inbound]:
    names = _people(payload)
    for event in items(payload, "direct_message_events"):
        if text(event, "type") in ("", "message_create"):
            yield from _message(event, names, own)
    for event in items(payload, "direct_message_mark_read_events"):
        yield from _read_up_to(event, own)
    for event in items(payload, "direct_message_indicate_typing_events"):
        sender = text(event, "sender_id")
        if sender and sender != own:
            yield TypingUpdate(address(sender, names))


def _message(event: Json, names: dict[str, str], own: str) -> Iterator[Inbound]:
    created, key = obj(event, "message_create"), text(event, "id")
    sender, to = text(created, "sender_id"), text(created, "target", "recipient_id")
    data, is_echo = obj(created, "message_data"), sender == own
    if not key or not sender or (is_echo and not to):
        return
    chosen = text(data, "quick_reply_response", "metadata")
    words = _words(data)
    yield InboundMessage(
        key,
        address(sender, names),
        text=words,
        sent_at=at(event, "created_timestamp", per_second=1000) or made_at(key),
        files=list(_files(data)),
        choice=Choice(chosen, words) if chosen else None,
        is_echo=is_echo,
        to=[address(to, names)] if is_echo else (),
    )


def address(user: str, names: dict[str, str] | None = None) -> Address:
    """Whoever has this number at X."""
    return Address(KIND, user, name=(names or {}).get(user, ""), is_verified=True)


def _people(payload: Json) -> dict[str, str]:
    """Names by number; the people stand in a map or in a list, as they are or under `data`."""
    users = payload.get("users")
    found: list[Any] = list(users.values()) if isinstance(users, dict) else users if isinstance(users, list) else []
    people = [obj(one, "data") or one for one in found if isinstance(one, dict)]
    return {text(one, "id"): text(one, "name") or text(one, "username") for one in people}


def _words(data: Json) -> str:
    """The text with its links as they were meant, and without the one that stands for a file."""
    words = text(data, "text")
    for link in items(data, "entities", "urls"):
        if short := text(link, "url"):
            words = words.replace(short, text(link, "expanded_url") or short)
    for name in ("expanded_url", "url"):
        if shown := text(data, "attachment", "media", name):
            words = words.replace(shown, "")
    return unescaped(words).strip()


def unescaped(words: str) -> str:
    """X escapes three signs in texts, and no others."""
    for escaped, sign in ESCAPES:
        words = words.replace(escaped, sign)
    return words


def _files(data: Json) -> Iterator[RemoteFile]:
    media = obj(data, "attachment", "media")
    kind, url = text(media, "type"), text(media, "media_url_https")
    if kind in ("video", "animated_gif"):
        films = [one for one in items(media, "video_info", "variants") if text(one, "content_type") == "video/mp4"]
        best = max(films, key=lambda one: whole(one, "bitrate"), default=None)
        url = (text(best, "url") if best else "") or url
    if not url:
        return
    name = FILE_NAME.findall(url)[-1:] or [f"{kind or 'file'}"]
    yield RemoteFile(name[0], TYPES.get(kind, ""), url=url)


def _read_up_to(event: Json, own: str) -> Iterator[Inbound]:
    """The customer has read what was sent until then. The number of the last one says when X made it, which is a moment
    before we heard that it was sent: as a mark it would leave out that very message."""
    reader = text(event, "sender_id")
    when = at(event, "created_timestamp", per_second=1000) or made_at(text(event, "last_read_event_id"))
    if reader and reader != own and when:
        yield DeliveryUpdate(DeliveryState.READ, address=address(reader), watermark=when, at=when)


def made_at(key: str) -> datetime | None:
    """When something with this number was made."""
    if not key.isdecimal() or len(key) > 20 or (thousandths := int(key) >> 22) == 0:
        return None
    return datetime.fromtimestamp((thousandths + EPOCH_MS) / 1000, UTC)


# ── Encrypted, and in public ─────────────────────────────────────────────────────────────────────────────────────────
def _encrypted(payload: Json, own: str) -> Iterator[Inbound]:
    """A message that only X's own app can show: that it came must not be missed."""
    key, sender = text(payload, "id"), text(payload, "sender_id")
    if key and sender and sender != own:
        yield InboundMessage(
            f"{CHAT}{key}",
            address(sender),
            sent_at=at(payload, "created_at_msec", per_second=1000),
            thread_id=text(payload, "conversation_id"),
            notices=["end-to-end encrypted"],
        )


def _mention(payload: Json, names: dict[str, str], own: str) -> Iterator[Inbound]:
    key, author = text(payload, "id"), text(payload, "author_id")
    if not key or not author or author == own:
        return
    words = text(payload, "text")
    for link in items(payload, "entities", "urls"):
        if short := text(link, "url"):
            words = words.replace(short, text(link, "expanded_url") or short)
    answered = next(
        (text(one, "id") for one in items(payload, "referenced_tweets") if text(one, "type") == "replied_to"), ""
    )
    language = text(payload, "lang")
    yield InboundMessage(
        f"{POST}{key}",
        address(author, names),
        text=unescaped(words),
        sent_at=iso(payload, "created_at") or made_at(key),
        thread_id=f"{POST}{text(payload, 'conversation_id') or key}",
        quoted_id=f"{POST}{answered}" if answered else "",
        is_public=True,
        opens_window=False,
        language="" if language in ("und", "qme", "zxx") else language,
        details={"url": f"https://x.com/i/status/{key}"},
    )
