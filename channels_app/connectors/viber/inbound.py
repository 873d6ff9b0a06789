"""What a Viber web hook says. Pure: JSON in, dataclasses out (fields as in viberbot 1.0.12)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from channels_app.connectors import phone, tolerant
from channels_app.connectors.places import placed
from channels_app.contract import (
    Address,
    Choice,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    QuickReply,
    RemoteFile,
    WindowUpdate,
)

KIND = "viber"
Json = tolerant.Json


def understand(body: Json) -> list[Inbound]:
    """The items of one request; nothing for the event that tries our address, and for events that nobody needs."""
    read = READERS.get(tolerant.text(body, "event"))
    return list(read(body)) if read else []


def tracking(delivery_key: str, replies: Sequence[QuickReply]) -> str:
    """What Viber gives back with the customer's next message: our key, and the ids behind the titles they may touch."""
    if not replies:
        return delivery_key
    return json.dumps({"key": delivery_key, "ids": {one.title: one.id for one in replies}}, ensure_ascii=False)


def _choice(message: Json) -> Choice | None:
    """A button sends its title as if it were typed, and the customer sees that: the id is what we remember of it."""
    title = tolerant.text(message, "text")
    number = tolerant.text(tolerant.peek(tolerant.text(message, "tracking_data").encode()), "ids", title)
    return Choice(number, title) if title and number else None


def _address(person: Json) -> Address | None:
    user = tolerant.text(person, "id")
    return placed(KIND, user, name=tolerant.text(person, "name")) if user else None


def _contact(person: Json, **more: Any) -> Iterator[ContactUpdate]:
    address = _address(person)
    if address is not None:
        facts = {name: said for name in ("country",) if (said := tolerant.text(person, name))}
        yield ContactUpdate(address, name=address.name, language=tolerant.text(person, "language"), facts=facts, **more)


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _message(body: Json) -> Iterator[Inbound]:
    sender, token = _address(tolerant.obj(body, "sender")), tolerant.text(body, "message_token")
    if sender is None or not token:
        return
    message = tolerant.obj(body, "message")
    kind = tolerant.text(message, "type")
    files, place, card = _files(message, kind), _location(message), _card(message)
    text = tolerant.text(message, "text") or (tolerant.text(message, "media") if kind == "url" else "")
    yield InboundMessage(
        external_id=token,
        sender=sender,
        text=text,
        sent_at=tolerant.at(body, "timestamp", per_second=1000),
        files=files,
        location=place,
        cards=card,
        choice=_choice(message),
        language=tolerant.text(body, "sender", "language"),
        notices=[] if text or files or place or card else ["unsupported"],
    )


# message type → (name, content type, role)
FILES: dict[str, tuple[str, str, FileRole]] = {
    "picture": ("image.jpg", "image/jpeg", FileRole.FILE),
    "video": ("video.mp4", "video/mp4", FileRole.FILE),
    "file": ("file", "application/octet-stream", FileRole.FILE),
    "sticker": ("sticker.png", "image/png", FileRole.STICKER),
}


def _files(message: Json, kind: str) -> list[RemoteFile]:
    address = tolerant.text(message, "media")
    if kind not in FILES or not address:
        return []
    name, content_type, role = FILES[kind]
    return [
        RemoteFile(
            name=tolerant.text(message, "file_name") or name,
            content_type=content_type,
            url=address,
            size=tolerant.whole(message, "size"),
            seconds=tolerant.whole(message, "duration"),
            role=role,
        )
    ]


def _location(message: Json) -> Location | None:
    latitude, longitude = tolerant.number(message, "location", "lat"), tolerant.number(message, "location", "lon")
    if latitude is None or longitude is None:
        return None
    return Location(latitude, longitude, address=tolerant.text(message, "location", "address"))


def _card(message: Json) -> list[ContactCard]:
    card = tolerant.obj(message, "contact")
    if not card:
        return []
    number = tolerant.text(card, "phone_number")
    known = phone.received(number)
    return [
        ContactCard(
            tolerant.text(card, "name"), phones=[known.value if not known.is_local else number] if number else []
        )
    ]


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _started(body: Json) -> Iterator[Inbound]:
    """Somebody has opened the chat; one greeting is allowed in the answer, nothing more until they write."""
    context = tolerant.text(body, "context")
    for news in _contact(tolerant.obj(body, "user")):
        yield ContactUpdate(
            news.address,
            name=news.name,
            language=news.language,
            facts={**news.facts, "start": context} if context else news.facts,
        )


def _subscribed(body: Json) -> Iterator[Inbound]:
    yield from _contact(tolerant.obj(body, "user"), is_blocked=False)


def _unsubscribed(body: Json) -> Iterator[Inbound]:
    if user := tolerant.text(body, "user_id"):
        address = placed(KIND, user)
        yield ContactUpdate(address, is_blocked=True)
        yield WindowUpdate(address, is_open=False, at=tolerant.at(body, "timestamp", per_second=1000))


def _receipt(body: Json) -> Iterator[Inbound]:
    token, user = tolerant.text(body, "message_token"), tolerant.text(body, "user_id")
    states = {"delivered": DeliveryState.DELIVERED, "seen": DeliveryState.READ}
    if token:
        yield DeliveryUpdate(
            states.get(tolerant.text(body, "event"), DeliveryState.FAILED),
            external_id=token,
            address=placed(KIND, user) if user else None,
            at=tolerant.at(body, "timestamp", per_second=1000),
            detail=tolerant.text(body, "desc"),
        )


READERS: dict[str, Callable[[Json], Iterator[Inbound]]] = {
    "message": _message,
    "conversation_started": _started,
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "delivered": _receipt,
    "seen": _receipt,
    "failed": _receipt,
}
