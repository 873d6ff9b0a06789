"""What an update of the Bot API says. Pure: JSON in, dataclasses out (fields as in Bot API 10.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from channels_app.connectors import phone, tolerant
from channels_app.connectors.places import placed
from channels_app.contract import (
    Address,
    Choice,
    ContactCard,
    ContactUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    MessageDeleted,
    MessageEdited,
    Reaction,
    RemoteFile,
)

KIND = "telegram"
Json = tolerant.Json

# Content that a bot is told of and cannot get, or that is no message of words and files.
UNSUPPORTED = ("poll", "game", "story", "invoice", "checklist", "paid_media", "giveaway", "dice")
# How a handle names the business account in whose name one answers (see sent.Window).
BUSINESS = "business:"


def understand(update: Json) -> list[Inbound]:
    """The items of one update; nothing for kinds that nobody here needs."""
    for name, read in READERS.items():
        if isinstance(update.get(name), dict):
            return list(read(update[name]))
    return []


# ── Addresses and ids ────────────────────────────────────────────────────────────────────────────────────────────────
def address_of(person: Json, chat: Json) -> Address | None:
    """The sender: in private their own number, in a group the group's beside it; None for machines and the nameless."""
    user = tolerant.text(person, "id")
    if not user or tolerant.flag(person, "is_bot"):
        return None
    is_private = tolerant.text(chat, "type") in ("private", "")
    return placed(KIND, user, "" if is_private else tolerant.text(chat, "id"), name=full_name(person))


def full_name(person: Json) -> str:
    return " ".join(filter(None, (tolerant.text(person, "first_name"), tolerant.text(person, "last_name"))))


def message_id(chat: Json, number: str) -> str:
    """Message numbers are unique within a chat only."""
    place = tolerant.text(chat, "id")
    return f"{place}:{number}" if place and number else ""


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _message(message: Json) -> Iterator[Inbound]:
    chat = tolerant.obj(message, "chat")
    external_id = message_id(chat, tolerant.text(message, "message_id"))
    sender = address_of(tolerant.obj(message, "from"), chat)
    if not external_id or sender is None:
        return
    if read := _content(message, external_id, sender, chat):
        # Whose number it is comes first, so that the message finds the conversation of that customer.
        yield from _own_number(message, sender)
        yield read


def _content(message: Json, external_id: str, sender: Address, chat: Json) -> InboundMessage | None:
    text = tolerant.text(message, "text") or tolerant.text(message, "caption")
    files, place, card = list(_files(message)), _location(message), _card(message)
    is_unsupported = any(name in message for name in UNSUPPORTED)
    if not (text or files or place or card or is_unsupported):
        return None  # somebody joined, a title changed: no message
    quoted = tolerant.text(message, "reply_to_message", "message_id")
    is_ours = _is_by_the_account(message, chat)
    return InboundMessage(
        external_id=external_id,
        sender=sender,
        text=text,
        sent_at=tolerant.at(message, "date"),
        files=files,
        location=place,
        cards=[card] if card else [],
        thread_id=_thread(message, chat),
        quoted_id=message_id(chat, quoted),
        quoted_text=tolerant.text(message, "quote", "text"),
        to=[placed(KIND, tolerant.text(chat, "id"), name=full_name(chat))] if is_ours else [],
        is_echo=is_ours,
        is_automatic=bool(tolerant.obj(message, "sender_business_bot")),
        language=tolerant.text(message, "from", "language_code"),
        notices=["unsupported"] if is_unsupported and not (text or files) else [],
        handles=_handles(message),
        details=_details(message, chat, text),
    )


def _is_by_the_account(message: Json, chat: Json) -> bool:
    """A business account's owner writes to the customer by hand; in their private chat only the customer has its number."""
    if not tolerant.text(message, "business_connection_id"):
        return False
    return tolerant.text(message, "from", "id") != tolerant.text(chat, "id")


def _handles(message: Json) -> dict[str, str]:
    connection = tolerant.text(message, "business_connection_id")
    return {BUSINESS + connection: ""} if connection else {}


def _thread(message: Json, chat: Json) -> str:
    """A topic of a forum; an ordinary chat is one stream."""
    is_topic = tolerant.flag(message, "is_topic_message")
    return message_id(chat, tolerant.text(message, "message_thread_id")) if is_topic else ""


def _details(message: Json, chat: Json, text: str) -> dict[str, Any]:
    command, _, payload = text.partition(" ")
    found = {
        # The payload of a link t.me/bot?start=…, by which a visitor of a site can be recognised.
        "start": payload.strip()[:64] if command == "/start" else "",
        "username": tolerant.text(message, "from", "username"),
        "group": tolerant.text(chat, "title"),
        "album": tolerant.text(message, "media_group_id"),
        "sticker": tolerant.text(message, "sticker", "emoji"),
        "forwarded_from": _origin(tolerant.obj(message, "forward_origin")),
    }
    return {name: value for name, value in found.items() if value}


def _origin(origin: Json) -> str:
    named = full_name(tolerant.obj(origin, "sender_user")) or tolerant.text(origin, "sender_user_name")
    return named or tolerant.text(origin, "chat", "title") or tolerant.text(origin, "sender_chat", "title")


def _own_number(message: Json, sender: Address) -> Iterator[ContactUpdate]:
    """Telegram vouches for a number only where it is the sender's own."""
    card = tolerant.obj(message, "contact")
    if not tolerant.text(card, "user_id") or tolerant.text(card, "user_id") != tolerant.text(message, "from", "id"):
        return
    number = phone.received(tolerant.text(card, "phone_number"))
    if not number.is_local:
        yield ContactUpdate(sender, proven=[number])


def _card(message: Json) -> ContactCard | None:
    card = tolerant.obj(message, "contact")
    if not card:
        return None
    number = tolerant.text(card, "phone_number")
    return ContactCard(full_name(card), phones=[number] if number else [])


def _location(message: Json) -> Location | None:
    venue = tolerant.obj(message, "venue")
    place = tolerant.obj(venue, "location") or tolerant.obj(message, "location")
    latitude, longitude = tolerant.number(place, "latitude"), tolerant.number(place, "longitude")
    if latitude is None or longitude is None:
        return None
    return Location(latitude, longitude, name=tolerant.text(venue, "title"), address=tolerant.text(venue, "address"))


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# field → (name, content type, role) where the message names none itself
FILES: dict[str, tuple[str, str, FileRole]] = {
    "voice": ("voice.ogg", "audio/ogg", FileRole.VOICE),
    "audio": ("audio.mp3", "audio/mpeg", FileRole.FILE),
    "video": ("video.mp4", "video/mp4", FileRole.FILE),
    "video_note": ("video.mp4", "video/mp4", FileRole.FILE),
    # An animation stands in `document` as well.
    "document": ("file", "application/octet-stream", FileRole.FILE),
}


def _files(message: Json) -> Iterator[RemoteFile]:
    if photos := tolerant.items(message, "photo"):
        yield _file(photos[-1], "photo.jpg", "image/jpeg", FileRole.FILE)
    if sticker := tolerant.obj(message, "sticker"):
        yield _sticker(sticker)
    for name, (given, content_type, role) in FILES.items():
        if found := tolerant.obj(message, name):
            yield _file(found, given, content_type, role)


def _file(found: Json, name: str, content_type: str, role: FileRole) -> RemoteFile:
    return RemoteFile(
        name=tolerant.text(found, "file_name") or name,
        content_type=tolerant.text(found, "mime_type") or content_type,
        reference=tolerant.text(found, "file_id"),
        size=tolerant.whole(found, "file_size"),
        seconds=tolerant.whole(found, "duration"),
        role=role,
    )


def _sticker(sticker: Json) -> RemoteFile:
    """Browsers do not draw Telegram's own vector animations (.tgs): a still of them does."""
    still = tolerant.obj(sticker, "thumbnail")
    if tolerant.flag(sticker, "is_animated"):
        animation = _file(sticker, "sticker.tgs", "application/x-tgsticker", FileRole.STICKER)
        return _file(still, "sticker.webp", "image/webp", FileRole.STICKER) if still else animation
    if tolerant.flag(sticker, "is_video"):
        return _file(sticker, "sticker.webm", "video/webm", FileRole.STICKER)
    return _file(sticker, "sticker.webp", "image/webp", FileRole.STICKER)


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _edited(message: Json) -> Iterator[Inbound]:
    chat = tolerant.obj(message, "chat")
    external_id = message_id(chat, tolerant.text(message, "message_id"))
    text = tolerant.text(message, "text") or tolerant.text(message, "caption")
    if external_id and address_of(tolerant.obj(message, "from"), chat):
        yield MessageEdited(external_id, text, at=tolerant.at(message, "edit_date"))


def _deleted(deleted: Json) -> Iterator[Inbound]:
    chat = tolerant.obj(deleted, "chat")
    numbers = deleted.get("message_ids")
    for number in numbers if isinstance(numbers, list) else []:
        if external_id := message_id(chat, tolerant.text({"id": number}, "id")):
            yield MessageDeleted(external_id)


def _reaction(reaction: Json) -> Iterator[Inbound]:
    chat = tolerant.obj(reaction, "chat")
    target = message_id(chat, tolerant.text(reaction, "message_id"))
    sender = address_of(tolerant.obj(reaction, "user"), chat)
    if not target or sender is None:
        return
    emojis = [tolerant.text(one, "emoji") for one in tolerant.items(reaction, "new_reaction")]
    emoji = next(filter(None, emojis), "")
    is_removed = not tolerant.items(reaction, "new_reaction")
    if emoji or is_removed:  # emoji of a premium set are pictures without a sign
        yield Reaction(target, sender, emoji, is_removed=is_removed, at=tolerant.at(reaction, "date"))


def _pressed(query: Json) -> Iterator[Inbound]:
    message = tolerant.obj(query, "message")
    chat = tolerant.obj(message, "chat")
    sender = address_of(tolerant.obj(query, "from"), chat)
    data, number = tolerant.text(query, "data"), tolerant.text(query, "id")
    if sender is None or not data or not number:
        return
    title = next(
        (tolerant.text(one, "text") for one in _buttons(message) if tolerant.text(one, "callback_data") == data), ""
    )
    yield InboundMessage(
        external_id=f"callback:{number}",
        sender=sender,
        text=title or data,
        choice=Choice(data, title),
        quoted_id=message_id(chat, tolerant.text(message, "message_id")),
        language=tolerant.text(query, "from", "language_code"),
        handles=_handles(message),
    )


def _buttons(message: Json) -> Iterator[Json]:
    rows = tolerant.obj(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        yield from tolerant.items({"row": row}, "row")


def _membership(change: Json) -> Iterator[Inbound]:
    """In a private chat: the bot was blocked, or is let in again."""
    if tolerant.text(change, "chat", "type") != "private":
        return
    sender = address_of(tolerant.obj(change, "from"), tolerant.obj(change, "chat"))
    status = tolerant.text(change, "new_chat_member", "status")
    if sender and status in ("kicked", "member"):
        yield ContactUpdate(sender, name=sender.name, is_blocked=status == "kicked")


READERS: dict[str, Callable[[Json], Iterator[Inbound]]] = {
    "message": _message,
    "edited_message": _edited,
    "business_message": _message,
    "edited_business_message": _edited,
    "deleted_business_messages": _deleted,
    "message_reaction": _reaction,
    "callback_query": _pressed,
    "my_chat_member": _membership,
}
