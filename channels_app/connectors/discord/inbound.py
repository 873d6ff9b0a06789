"""What Discord's gateway and its interactions say. Pure: JSON in, dataclasses out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from channels_app.connectors import tolerant
from channels_app.connectors.places import placed
from channels_app.contract import (
    Address,
    Choice,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
    Reaction,
    RemoteFile,
    TypingUpdate,
)

KIND = "discord"
Json = tolerant.Json

# Types of messages that somebody wrote (default, reply); all others are notices of the server.
SPOKEN = frozenset({"0", "19"})
PRESSED = "3"
IS_VOICE = 1 << 13
STICKERS = {"1": "image/png", "2": "image/png", "4": "image/gif"}  # 3 is a vector animation that browsers do not draw
_SPECIAL = re.compile(r"<(?P<kind>@!?|@&|#|a?:(?P<emoji>\w+):)(?P<id>\d+)>")
# Discord takes 25 signs as a nonce; our key has 32 hexadecimal digits, and perhaps the number of a part.
_KEY = re.compile(r"^([0-9a-f]{32})(-\d{1,2})?$")
_NONCE = re.compile(r"^([A-Za-z0-9_-]{22})(?:~(\d{1,2}))?$")


@dataclass(frozen=True)
class Scene:
    """Who we are, which channels of servers we listen to, and where stickers are shown."""

    bot: str
    channels: Collection[str] = ()
    stickers: str = ""


def understand(body: Json, scene: Scene) -> list[Inbound]:
    """The items of one event of the gateway, or of one interaction that came to the web hook."""
    if "t" not in body:
        return list(_interaction(body, scene))
    read, event = READERS.get(tolerant.text(body, "t")), tolerant.obj(body, "d")
    return list(read(event, scene)) if read and concerns(body, scene) else []


def concerns(body: Json, scene: Scene) -> bool:
    """Whether an event is for us: direct, in a channel we listen to, or about the bot. Nothing else is kept."""
    name, event = tolerant.text(body, "t"), tolerant.obj(body, "d")
    if name not in READERS:
        return False
    if name == "INTERACTION_CREATE" or not tolerant.text(event, "guild_id"):
        return True
    if tolerant.text(event, "channel_id") in scene.channels or name.startswith("MESSAGE_DELETE"):
        return True
    if name == "MESSAGE_REACTION_ADD":
        return tolerant.text(event, "message_author_id") == scene.bot
    named = [tolerant.text(one, "id") for one in tolerant.items(event, "mentions")]
    authors = [tolerant.text(event, "author", "id"), tolerant.text(event, "referenced_message", "author", "id")]
    return name.startswith("MESSAGE_") and scene.bot in (*named, *authors)


def bot_of(token: str) -> str:
    """The bot's own id: the first part of its token, in base64."""
    try:
        found = base64.b64decode(token.partition(".")[0] + "==", altchars=b"-_").decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return found if found.isdecimal() else ""


def nonce_of(delivery_key: str) -> str:
    """Our key in 25 signs, so that Discord recognises a repetition and the gateway tells us that it has arrived."""
    found = _KEY.match(delivery_key)
    if not found:
        return delivery_key[:25]
    short = base64.urlsafe_b64encode(bytes.fromhex(found[1])).decode().rstrip("=")
    return short + (found[2] or "").replace("-", "~")


def key_of(nonce: str) -> str:
    """The key that a nonce stands for; blank where it is not one of ours."""
    found = _NONCE.match(nonce)
    if not found:
        return ""
    return base64.urlsafe_b64decode(found[1] + "==").hex() + (f"-{found[2]}" if found[2] else "")


def address_of(user: str, event: Json, *, name: str = "") -> Address:
    """Somebody in a channel of a server, or alone with the bot."""
    place = tolerant.text(event, "channel_id") if tolerant.text(event, "guild_id") else ""
    return placed(KIND, user, place, name=name)


def message_id(event: Json, number: str) -> str:
    channel = tolerant.text(event, "channel_id")
    return f"{channel}:{number}" if channel and number else ""


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _message(event: Json, scene: Scene) -> Iterator[Inbound]:
    author, external_id = tolerant.obj(event, "author"), message_id(event, tolerant.text(event, "id"))
    user = tolerant.text(author, "id")
    if user and user == scene.bot:
        yield from _ours(event, external_id)
    elif external_id and user and not tolerant.flag(author, "bot") and tolerant.text(event, "type") in SPOKEN:
        yield _spoken(event, external_id, address_of(user, event, name=_name(event, author)), scene)


def _ours(event: Json, external_id: str) -> Iterator[Inbound]:
    """Our own message comes back with its nonce: it has arrived."""
    if key := key_of(tolerant.text(event, "nonce")):
        yield DeliveryUpdate(DeliveryState.SENT, external_id=external_id, delivery_key=key)


def _spoken(event: Json, external_id: str, sender: Address, scene: Scene) -> InboundMessage:
    passed_on = next((tolerant.obj(one, "message") for one in tolerant.items(event, "message_snapshots")), {})
    files = [*_files(event, scene), *_files(passed_on, scene)]
    text = _words(event) or _words(passed_on)
    quoted = "" if passed_on else tolerant.text(event, "message_reference", "message_id")
    found = {"server": tolerant.text(event, "guild_id"), "forwarded": "yes" if passed_on else ""}
    return InboundMessage(
        external_id=external_id,
        sender=sender,
        text=text,
        sent_at=tolerant.iso(event, "timestamp"),
        files=files,
        quoted_id=message_id(event, quoted),
        # Without the right to read contents, Discord sends messages that do not name the bot with nothing in them.
        notices=[] if text or files else ["unsupported"],
        details={name: value for name, value in found.items() if value},
    )


def _name(event: Json, author: Json) -> str:
    nick = tolerant.text(event, "member", "nick")
    return nick or tolerant.text(author, "global_name") or tolerant.text(author, "username")


def _words(event: Json) -> str:
    """The text as anybody reads it: names for ids, :name: for a server's own emoji."""
    names = {tolerant.text(one, "id"): _name({}, one) for one in tolerant.items(event, "mentions")}

    def shown(found: re.Match[str]) -> str:
        if found["emoji"]:
            return f":{found['emoji']}:"
        return found["kind"].rstrip("!&") + (names.get(found["id"]) or found["id"])

    return _SPECIAL.sub(shown, tolerant.text(event, "content"))


def _files(event: Json, scene: Scene) -> Iterator[RemoteFile]:
    is_voice = bool(tolerant.whole(event, "flags") & IS_VOICE)
    for one in tolerant.items(event, "attachments"):
        yield RemoteFile(
            name=tolerant.text(one, "filename") or "file",
            content_type=tolerant.text(one, "content_type").partition(";")[0] or "application/octet-stream",
            url=tolerant.text(one, "url"),
            size=tolerant.whole(one, "size"),
            seconds=tolerant.whole(one, "duration_secs"),
            role=FileRole.VOICE if is_voice else FileRole.FILE,
        )
    for one in tolerant.items(event, "sticker_items"):
        number, content_type = tolerant.text(one, "id"), STICKERS.get(tolerant.text(one, "format_type"))
        if number.isdecimal() and content_type:
            name = f"{number}.{content_type.partition('/')[2]}"
            yield RemoteFile(name, content_type, url=f"{scene.stickers}/stickers/{name}", role=FileRole.STICKER)


def _edited(event: Json, scene: Scene) -> Iterator[Inbound]:
    """Also comes when Discord unfolds a link: only what has a time of editing is an edit."""
    at, external_id = tolerant.iso(event, "edited_timestamp"), message_id(event, tolerant.text(event, "id"))
    if at and external_id and not tolerant.flag(event, "author", "bot"):
        yield MessageEdited(external_id, _words(event), at=at)


def _deleted(event: Json, scene: Scene) -> Iterator[Inbound]:
    for number in [tolerant.text(event, "id"), *tolerant.strings(event, "ids")]:
        if external_id := message_id(event, number):
            yield MessageDeleted(external_id)


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _reaction(is_removed: bool) -> Callable[[Json, Scene], Iterator[Inbound]]:
    def read(event: Json, scene: Scene) -> Iterator[Inbound]:
        user, name = tolerant.text(event, "user_id"), tolerant.text(event, "emoji", "name")
        emoji = f":{name}:" if tolerant.text(event, "emoji", "id") else name
        target = message_id(event, tolerant.text(event, "message_id"))
        if user and user != scene.bot and name and target:
            yield Reaction(target, address_of(user, event), emoji[:40], is_removed=is_removed)

    return read


def _typing(event: Json, scene: Scene) -> Iterator[Inbound]:
    user = tolerant.text(event, "user_id")
    if user and user != scene.bot:
        yield TypingUpdate(address_of(user, event))


def _interaction(event: Json, scene: Scene) -> Iterator[Inbound]:
    """A button below a message of ours was pressed."""
    person = tolerant.obj(event, "user") or tolerant.obj(event, "member", "user")
    user, number = tolerant.text(person, "id"), tolerant.text(event, "id")
    chosen = tolerant.text(event, "data", "custom_id")
    if tolerant.text(event, "type") != PRESSED or not (user and number and chosen):
        return
    message = tolerant.obj(event, "message")
    title = next(
        (tolerant.text(one, "label") for one in _buttons(message) if tolerant.text(one, "custom_id") == chosen), ""
    )
    yield InboundMessage(
        external_id=f"interaction:{number}",
        sender=address_of(user, event, name=_name(event, person)),
        text=title or chosen,
        choice=Choice(chosen, title),
        quoted_id=message_id(event, tolerant.text(message, "id")),
        language=tolerant.text(event, "locale").partition("-")[0],
    )


def _buttons(message: Json) -> Iterator[Json]:
    for row in tolerant.items(message, "components"):
        yield from tolerant.items(row, "components")


READERS: dict[str, Callable[[Json, Scene], Iterator[Inbound]]] = {
    "MESSAGE_CREATE": _message,
    "MESSAGE_UPDATE": _edited,
    "MESSAGE_DELETE": _deleted,
    "MESSAGE_DELETE_BULK": _deleted,
    "MESSAGE_REACTION_ADD": _reaction(is_removed=False),
    "MESSAGE_REACTION_REMOVE": _reaction(is_removed=True),
    "TYPING_START": _typing,
    "INTERACTION_CREATE": _interaction,
}
