"""Telegram's Bot interface: methods of one bot, updates by web hook."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told
from channels_app.simulator.world import READ, Contact, File, Message

MOST_TEXT, MOST_CAPTION, MOST_DATA_BYTES = 4096, 1024, 64
MEGABYTE = 1024 * 1024
LARGEST_PHOTO, LARGEST_FILE, LARGEST_DOWNLOAD = 10 * MEGABYTE, 50 * MEGABYTE, 20 * MEGABYTE
BOT = {"id": 7000000001, "is_bot": True, "first_name": "Moment Store", "username": "moment_store_bot"}
# The emoji that bots and people may react with (a part of the list).
REACTIONS = set(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴"
    "😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
)
FIELDS = {"sendPhoto": "photo", "sendDocument": "document", "sendVideo": "video", "sendAudio": "audio"}
FIELDS |= {"sendVoice": "voice", "sendSticker": "sticker", "sendAnimation": "animation"}


def no(status: int, description: str, **parameters: int) -> Refusal:
    """Telegram's own shape of an error."""
    body: Event = {"ok": False, "error_code": status, "description": description}
    return refuse(body | ({"parameters": parameters} if parameters else {}), status)


class Telegram(Provider):
    """One bot in private chats."""

    kind = "telegram"
    quotes = True
    acts = frozenset(
        {Act.TEXT, Act.MEDIA, Act.LOCATION, Act.CONTACT, Act.REACT, Act.EDIT, Act.TAP, Act.BLOCK, Act.UNBLOCK, Act.ODD}
    )
    roles = frozenset({"image", "video", "audio", "voice", "sticker", "file"})
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {"bot_token": f"7000000001:AAE{signing.token()[:32]}", "secret_token": signing.token("tg")[:24]}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {"bot_token": self.keys["bot_token"], "webhook_secret": self.keys["secret_token"]}
        return {"incoming": "webhook"}, secrets

    def address_of(self, human: Human) -> str:
        return str(100_000 + int(human.numeral(self.account.token, 9)))

    def new_id(self) -> str:
        """Message numbers count within a chat; a number of the account serves as well."""
        return str(self.world.number())

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing)
        commands = [{"type": "bot_command", "offset": 0, "length": len(doing.text.split()[0])}]
        yield self._update(said, text=doing.text, **({"entities": commands} if doing.text.startswith("/") else {}))

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        said = self.written(doing, kind=role, file=file)
        one: Event = {"file_id": file.key, "file_unique_id": file.key[:8], "file_size": len(file.content)}
        caption = {"caption": doing.text} if doing.text else {}
        if role == "image":
            small = {**one, "file_id": f"{file.key}-s", "width": 90, "height": 60, "file_size": 900}
            yield self._update(said, photo=[small, {**one, "width": 900, "height": 600}], **caption)
        elif role == "sticker":
            look = {"width": 512, "height": 512, "emoji": "🎉", "set_name": "Moments", "type": "regular"}
            yield self._update(said, sticker={**one, **look, "is_animated": False, "is_video": False})
        else:
            kind = "document" if role == "file" else role
            more = {"duration": 3} if role != "file" else {}
            more |= {"file_name": file.name} if role != "voice" else {}  # type: ignore[dict-item]
            yield self._update(said, **{kind: {**one, "mime_type": file.content_type, **more}}, **caption)

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        where = {"latitude": doing.place.latitude, "longitude": doing.place.longitude}
        said = self.written(doing, kind="location")
        if not doing.place.name:
            yield self._update(said, location=where)
            return
        venue = {"location": where, "title": doing.place.name, "address": doing.place.address}
        yield self._update(said, location=where, venue=venue)

    def on_contact(self, doing: Doing) -> Iterable[Event]:
        assert doing.card
        card: Event = {"phone_number": doing.card.phone, "first_name": doing.card.name}
        if doing.card.phone == self.contact(doing.address).phone:
            card["user_id"] = int(doing.address)
        yield self._update(self.written(doing, kind="contact"), contact=card)

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        said = self.change(doing.target, text=doing.text, is_edited=True)
        yield {"edited_message": {**self._message(said), "text": doing.text, "edit_date": signing.seconds()}}

    def on_react(self, doing: Doing) -> Iterable[Event]:
        was = self.message(doing.target).reaction
        self.change(doing.target, reaction=doing.emoji)
        old, new = ([{"type": "emoji", "emoji": one}] if one else [] for one in (was, doing.emoji))
        about = {"chat": self._chat(doing.address), "message_id": int(doing.target), "user": self._user(doing.address)}
        change = {"date": signing.seconds(), "old_reaction": old, "new_reaction": new}
        yield {"message_reaction": about | change}

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        asked = self.message(doing.target)
        about = {**self._message(asked), "from": BOT, "text": asked.text}
        self.acted(doing.address)
        self.world.notes["callback"] = key = signing.token()[:18]
        pressed = {"id": key, "from": self._user(doing.address), "message": about}
        yield {"callback_query": {**pressed, "data": doing.choice, "chat_instance": "-1"}}

    def on_block(self, doing: Doing) -> Iterable[Event]:
        yield self._membership(doing.address, is_blocked=True)

    def on_unblock(self, doing: Doing) -> Iterable[Event]:
        yield self._membership(doing.address, is_blocked=False)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield {"hologram": {"id": "1", "from": self._user(doing.address)}}

    def _membership(self, address: str, *, is_blocked: bool) -> Event:
        contact = self.contact(address)
        contact.is_blocked = is_blocked
        self.world.keep_contact(contact)
        states = ("member", "kicked") if is_blocked else ("kicked", "member")
        old, new = ({"user": BOT, "status": one} for one in states)
        who = {"chat": self._chat(address), "from": self._user(address), "date": signing.seconds()}
        return {"my_chat_member": {**who, "old_chat_member": old, "new_chat_member": new}}

    def _update(self, said: Message, **content: Any) -> Event:
        return {"message": {**self._message(said), **content}}

    def _message(self, said: Message) -> Event:
        who = {"from": self._user(said.address), "chat": self._chat(said.address)}
        quoted = self.world.message(said.quoted) if said.quoted else None
        before = {"reply_to_message": {**self._brief(quoted)}} if quoted else {}
        return {"message_id": int(said.id), "date": said.seconds, **who, **before}

    def _brief(self, said: Message) -> Event:
        return {"message_id": int(said.id), "date": said.seconds, "chat": self._chat(said.address), "text": said.text}

    def _user(self, address: str) -> Event:
        contact = self.contact(address)
        first, _, last = contact.name.partition(" ")
        who = {"id": int(address), "is_bot": False, "first_name": first, "language_code": contact.language}
        return who | ({"last_name": last} if last else {})

    def _chat(self, address: str) -> Event:
        return {"id": int(address), "type": "private", "first_name": self.contact(address).name.partition(" ")[0]}

    def hook(self, event: Event) -> Hook:
        return self.anything({"update_id": 917_000_000 + self.world.number(), **event})

    def anything(self, body: Any) -> Hook:
        hook = json_hook(body)
        named = self.world.notes.get("webhook", {}).get("secret_token")
        return signed(hook, X_Telegram_Bot_Api_Secret_Token=named or self.keys["secret_token"])

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no(429, "Too Many Requests: retry after 30", retry_after=30).answer

    def broken(self) -> ApiAnswer:
        return no(500, "Internal Server Error").answer

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return no(404, "Not Found").answer

    @route("POST", "bot{token}/{method}")
    def call_method(self, call: ApiCall, token: str, method: str) -> ApiAnswer:
        """Any method, by POST with JSON or a form."""
        if self.is_refusing or unquote(token) != self.keys["bot_token"]:
            raise no(401, "Unauthorized")
        asked = self._asked(call)
        if method in FIELDS:
            return self._ok(self._file_sent(call, asked, method))
        known = getattr(self, f"do_{method}", None)
        return self._ok(known(asked)) if known else self.unknown_path(call)

    @route("GET", "bot{token}/{method}")
    def get_method(self, call: ApiCall, token: str, method: str) -> ApiAnswer:
        """Any method, by GET with a query."""
        return self.call_method(call, token=token, method=method)

    @route("GET", "file/bot{token}/(?P<path>.+)")
    def download(self, call: ApiCall, token: str, path: str) -> ApiAnswer:
        """A file of twenty megabytes at most; its type and name are lost."""
        if self.is_refusing or unquote(token) != self.keys["bot_token"]:
            raise no(401, "Unauthorized")
        file = self.world.file(path.rpartition("/")[2].partition(".")[0])
        return ApiAnswer(200, file.content, "application/octet-stream") if file else self.unknown_path(call)

    def _asked(self, call: ApiCall) -> Event:
        if not call.body:
            return dict(call.query)
        if not call.content_type.startswith(("multipart/", "application/x-www-form")):
            return call.json
        return {name: self._loaded(value) for name, value in call.form.items()}

    def _loaded(self, value: str) -> Any:
        """Nested objects travel as JSON within forms."""
        try:
            return json.loads(value) if value[:1] in "{[" else value
        except ValueError:
            return value

    def _ok(self, result: object) -> ApiAnswer:
        return told({"ok": True, "result": result})

    def _recipient(self, asked: Event) -> Contact:
        contact = self.world.contact(str(asked.get("chat_id", "")))
        if contact is None:
            raise no(400, "Bad Request: chat not found")
        if contact.is_blocked or self.account.faults.bounce:
            raise no(403, "Forbidden: bot was blocked by the user")
        return contact

    def _columns(self, asked: Event) -> dict[str, Any]:
        quoted = str(picked(asked, "reply_parameters", "message_id") or "")
        is_lenient = picked(asked, "reply_parameters", "allow_sending_without_reply")
        if quoted and not self.world.message(quoted) and not is_lenient:
            raise no(400, "Bad Request: message to be replied not found")
        rows = picked(asked, "reply_markup", "inline_keyboard") or []
        buttons = [button for row in rows for button in row]
        if any(not 0 < len(str(one.get("callback_data", "")).encode()) <= MOST_DATA_BYTES for one in buttons):
            raise no(400, "Bad Request: BUTTON_DATA_INVALID")
        return {"quoted": quoted, "choices": [(one["callback_data"], one["text"]) for one in buttons]}

    def _sent(self, contact: Contact, **columns: Any) -> Event:
        message = self.take(contact, **columns)
        shown = {"message_id": int(message.id), "from": BOT, "chat": self._chat(contact.address)}
        return {**shown, "date": signing.seconds()}

    def _plain(self, asked: Event, name: str) -> str:
        """The text after its markup was understood."""
        text = str(asked.get(name, ""))
        if asked.get("parse_mode") not in ("HTML", "MarkdownV2"):
            return text
        return plain_html(text) if asked["parse_mode"] == "HTML" else text

    def do_sendMessage(self, asked: Event) -> Event:  # noqa: N802  (their name)
        contact, text = self._recipient(asked), self._plain(asked, "text")
        if not text.strip():
            raise no(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > MOST_TEXT:
            raise no(400, "Bad Request: message is too long")
        return {**self._sent(contact, text=text, **self._columns(asked)), "text": text}

    def _file_sent(self, call: ApiCall, asked: Event, method: str) -> Event:
        contact, name = self._recipient(asked), FIELDS[method]
        caption = self._plain(asked, "caption")
        if len(caption.encode("utf-16-le")) // 2 > MOST_CAPTION:
            raise no(400, "Bad Request: message caption is too long")
        part, given = call.parts.get(name), str(asked.get(name, ""))
        if part is not None:
            if len(part.content) > (LARGEST_PHOTO if name == "photo" else LARGEST_FILE):
                raise no(413, "Request Entity Too Large")
            file = self.world.keep_file(File(self.new_file_id(), part.name, part.content_type, part.content))
        elif not (known := self.world.file(given)):
            return self._linked(contact, asked, name, given, caption)
        else:
            file = known
        kind = {"photo": "image", "document": "file"}.get(name, name)
        sent = self._sent(contact, kind=kind, text=caption, files=[file.key], **self._columns(asked))
        return {**sent, name: {"file_id": file.key}}

    def _linked(self, contact: Contact, asked: Event, name: str, link: str, caption: str) -> Event:
        if not link.startswith("https://"):
            raise no(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return self._sent(contact, kind="file", text=caption, notes={"link": link}, **self._columns(asked))

    def do_sendLocation(self, asked: Event) -> Event:  # noqa: N802
        return self._sent(self._recipient(asked), kind="location", notes={"place": asked}, **self._columns(asked))

    def do_sendChatAction(self, asked: Event) -> bool:  # noqa: N802
        self.typing_to(self._recipient(asked).address)
        return True

    def do_setMessageReaction(self, asked: Event) -> bool:  # noqa: N802
        message = self.world.message(str(asked.get("message_id", "")))
        if message is None:
            raise no(400, "Bad Request: message to react not found")
        emoji = str(picked(asked, "reaction", 0, "emoji") or "")
        if emoji and emoji.strip("\ufe0f") not in REACTIONS:
            raise no(400, "Bad Request: REACTION_INVALID")
        self.change(message.id, our_reaction=emoji)
        return True

    def do_answerCallbackQuery(self, asked: Event) -> bool:  # noqa: N802
        if asked.get("callback_query_id") != self.world.notes.get("callback"):
            raise no(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def do_editMessageText(self, asked: Event) -> Event:  # noqa: N802
        message = self.world.message(str(asked.get("message_id", "")))
        if message is None:
            raise no(400, "Bad Request: message to edit not found")
        self.change(message.id, text=self._plain(asked, "text"), is_edited=True)
        return {"message_id": int(message.id)}

    def do_deleteMessage(self, asked: Event) -> bool:  # noqa: N802
        if self.world.message(str(asked.get("message_id", ""))) is None:
            raise no(400, "Bad Request: message to delete not found")
        self.change(str(asked["message_id"]), is_deleted=True)
        return True

    def do_getMe(self, asked: Event) -> Event:  # noqa: N802
        return BOT

    def do_getFile(self, asked: Event) -> Event:  # noqa: N802
        file = self.world.file(str(asked.get("file_id", "")).removesuffix("-s"))
        if file is None:
            raise no(400, "Bad Request: invalid file_id")
        if len(file.content) > LARGEST_DOWNLOAD:
            raise no(400, "Bad Request: file is too big")
        return {"file_id": file.key, "file_size": len(file.content), "file_path": f"photos/{file.key}.bin"}

    def do_getUserProfilePhotos(self, asked: Event) -> Event:  # noqa: N802
        return {"total_count": 0, "photos": []}

    def do_getChat(self, asked: Event) -> Event:  # noqa: N802
        return self._chat(self._recipient(asked).address)

    def do_setWebhook(self, asked: Event) -> bool:  # noqa: N802
        if not str(asked.get("url", "")).startswith(("https://", "http://localhost", "http://127.")):
            raise no(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.world.notes["webhook"] = asked
        return True

    def do_getWebhookInfo(self, asked: Event) -> Event:  # noqa: N802
        url = self.world.notes.get("webhook", {}).get("url", self.account.hook_url)
        return {"url": url, "has_custom_certificate": False, "pending_update_count": 0}

    def do_deleteWebhook(self, asked: Event) -> bool:  # noqa: N802
        return True

    def report(self, message: Message, state: str) -> list[Event]:
        """Telegram tells nothing of what became of a message; the phone knows all the same."""
        message.state = READ if state == READ else message.state
        self.world.keep(message)
        return []


def plain_html(text: str) -> str:
    """The text of Telegram's HTML; raises a refusal where a tag is unknown or not closed."""
    parser = _Markup()
    parser.feed(text)
    parser.close()
    if parser.opened:
        raise no(400, f"Bad Request: can't parse entities: Can't find end tag corresponding to \"{parser.opened[-1]}\"")
    return "".join(parser.text)


TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "blockquote",
    "tg-spoiler",
    "span",
}


class _Markup(HTMLParser):
    """Reads what Telegram allows of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise no(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            raise no(400, "Bad Request: can't parse entities: Unexpected end tag")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
