"""Discord: buttons and commands by web hook, messages of people through the gateway (gateway.py)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told
from channels_app.simulator.world import Contact, File, Message

MOST_TEXT = 2000
# So many events can be heard again by a session that goes on.
MOST_KEPT = 200
BOT_USER = {"id": "1000000000000000001", "username": "desk", "bot": True}


def no(code: int, message: str, status: int) -> Refusal:
    """Discord's own shape of an error."""
    return refuse({"code": code, "message": message}, status)


class Discord(Provider):
    """One bot; a person writes to it in a direct message."""

    kind = "discord"
    quotes = True
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.REACT, Act.EDIT, Act.DELETE, Act.TYPE, Act.TAP, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    bounces_at_once = True
    pulled = acts - {Act.TAP}

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        key = Ed25519PrivateKey.generate()
        raw = serialization.Encoding.Raw
        seed = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
        ids = {
            "application_id": "1000000000000000001",
            "bot_token": f"MTAw.{signing.token()[:6]}.{signing.token()}",
        }
        return {**ids, "seed": seed.hex(), "public_key": public.hex()}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {name: self.keys[name] for name in ("application_id", "public_key")}
        return config, {"bot_token": self.keys["bot_token"]}

    def address_of(self, human: Human) -> str:
        return human.numeral(self.account.token, 18)

    def room(self, address: str) -> str:
        """The channel of the direct messages with one person."""
        return f"2{address[1:]}"

    def new_id(self) -> str:
        return str(1_100_000_000_000_000_000 + self.world.number())

    def challenge(self) -> Challenge:
        return Challenge(self.sign({"type": 1}), lambda status, body: status == 200 and json.loads(body) == {"type": 1})

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._created(self.written(doing))

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file = self.uploaded(doing.upload)
        one = {"id": self.new_id(), "filename": file.name, "content_type": file.content_type, "size": len(file.content)}
        said = self.written(doing, kind=doing.upload.role.value, file=file)
        yield self._created(said, attachments=[{**one, "url": self.media_url(file)}])

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        said = self.change(doing.target, text=doing.text, is_edited=True)
        yield self._gateway("MESSAGE_UPDATE", {**self._shown(said), "edited_timestamp": timezone.now().isoformat()})

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        yield self._gateway("MESSAGE_DELETE", {"id": doing.target, "channel_id": self.room(doing.address)})

    def on_react(self, doing: Doing) -> Iterable[Event]:
        was = self.message(doing.target).reaction
        self.change(doing.target, reaction=doing.emoji)
        name = "MESSAGE_REACTION_ADD" if doing.emoji else "MESSAGE_REACTION_REMOVE"
        about = {"user_id": doing.address, "channel_id": self.room(doing.address), "message_id": doing.target}
        yield self._gateway(name, {**about, "emoji": {"id": None, "name": doing.emoji or was}})

    def on_type(self, doing: Doing) -> Iterable[Event]:
        about = {"channel_id": self.room(doing.address), "user_id": doing.address, "timestamp": signing.seconds()}
        yield self._gateway("TYPING_START", about)

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        self.acted(doing.address)
        asked = self.message(doing.target)
        about = {
            "id": self.new_id(),
            "application_id": self.keys["application_id"],
            "type": 3,
            "token": signing.token(),
        }
        data = {"custom_id": doing.choice, "component_type": 2}
        where: Event = {
            "channel_id": self.room(doing.address),
            "user": self._user(doing.address),
            "message": self._shown(asked),
        }
        buttons = [{"type": 2, "custom_id": key, "label": title} for key, title in asked.choices]
        where["message"]["components"] = [{"type": 1, "components": buttons}]
        yield {**about, "data": data, **where}

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._gateway("HOLOGRAM", {"id": "1"})

    def _created(self, said: Message, **more: Any) -> Event:
        return self._gateway("MESSAGE_CREATE", {**self._shown(said), **more})

    def _shown(self, said: Message) -> Event:
        author = self._user(said.address) if said.is_theirs else BOT_USER
        about = {"id": said.id, "channel_id": self.room(said.address), "author": author, "content": said.text}
        quoted = {"message_reference": {"message_id": said.quoted}, "type": 19} if said.quoted else {"type": 0}
        return {**about, "timestamp": said.at, "attachments": [], **quoted}

    def _user(self, address: str) -> Event:
        return {"id": address, "username": f"user{address[-4:]}", "global_name": self.contact(address).name}

    def _gateway(self, name: str, data: Event) -> Event:
        return {"t": name, "op": 0, "s": self.world.number(), "d": data}

    def pack(self, events: Any) -> list[Hook]:
        """Interactions go to the hook; all else is put where the gateway takes it from."""
        hooks = []
        for event in events:
            if "t" in event:
                self.world.notes["gateway"] = [*self.world.notes.get("gateway", []), event][-MOST_KEPT:]
            else:
                hooks.append(self.sign(event))
        return hooks

    def anything(self, body: Any) -> Hook:
        return self.sign(body)

    def sign(self, event: Event) -> Hook:
        """Ed25519 over time and body."""
        hook, at = json_hook(event), str(signing.seconds())
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.keys["seed"]))
        signature = key.sign(at.encode() + hook.body).hex()
        return signed(hook, X_Signature_Timestamp=at, X_Signature_Ed25519=signature)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return told({"message": "You are being rate limited.", "retry_after": 30.0, "global": False}, 429)

    def broken(self) -> ApiAnswer:
        return told({"message": "500: Internal Server Error", "code": 0}, 500)

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return no(0, "404: Not Found", 404).answer

    def check_token(self, call: ApiCall) -> None:
        if self.is_refusing or call.headers.get("authorization") != f"Bot {self.keys['bot_token']}":
            raise no(0, "401: Unauthorized", 401)

    def _in_room(self, room: str) -> Contact:
        """The person of a channel: their first digit is the one thing that its id does not tell."""
        contact = next((one for digit in "123456789" if (one := self.world.contact(f"{digit}{room[1:]}"))), None)
        if contact is None:
            raise no(10003, "Unknown Channel", 404)
        if self.account.faults.bounce or self.account.faults.closed_window:
            raise no(50007, "Cannot send messages to this user", 403)
        return contact

    @route("POST", r"api/v\d+/channels/{room}/messages")
    def send(self, call: ApiCall, room: str) -> ApiAnswer:
        """Say something; a nonce makes that safe to repeat for a while."""
        self.check_token(call)
        asked = json.loads(call.form["payload_json"]) if "payload_json" in call.form else call.json
        contact, text = self._in_room(room), str(asked.get("content", ""))
        files = [self._kept(part) for part in call.parts.values()] if call.content_type.startswith("multipart/") else []
        if len(text) > MOST_TEXT:
            raise no(50035, "Invalid Form Body", 400)
        if not text and not files:
            raise no(50006, "Cannot send an empty message", 400)
        nonce = str(asked.get("nonce") or "")
        if len(nonce) > 25:
            raise no(50035, "Invalid Form Body", 400)
        if asked.get("enforce_nonce") and (known := self.world.by_key(nonce)):
            return told(self._shown(known))
        rows = [one for row in asked.get("components") or [] for one in row.get("components", [])]
        columns: dict[str, Any] = {"files": files, "kind": "file" if files else "text", "key": nonce}
        columns["quoted"] = str(picked(asked, "message_reference", "message_id") or "")
        columns["choices"] = [(str(one["custom_id"]), str(one["label"])) for one in rows]
        return told(self._shown(self.take(contact, text=text, **columns)))

    def _kept(self, part: Any) -> str:
        return self.world.keep_file(File(self.new_file_id(), part.name, part.content_type, part.content)).key

    @route("PUT", r"api/v\d+/channels/{room}/messages/{key}/reactions/{emoji}/@me")
    def react(self, call: ApiCall, room: str, key: str, emoji: str) -> ApiAnswer:
        """Put an emoji on a message."""
        self.check_token(call)
        self._react(key, emoji)
        return ApiAnswer(204)

    @route("DELETE", r"api/v\d+/channels/{room}/messages/{key}/reactions/{emoji}/@me")
    def take_back(self, call: ApiCall, room: str, key: str, emoji: str) -> ApiAnswer:
        """Take an emoji away."""
        self.check_token(call)
        self._react(key, "")
        return ApiAnswer(204)

    def _react(self, key: str, emoji: str) -> None:
        if self.world.message(key) is None:
            raise no(10008, "Unknown Message", 404)
        self.change(key, our_reaction=unquote(emoji))

    @route("POST", r"api/v\d+/channels/{room}/typing")
    def typing(self, call: ApiCall, room: str) -> ApiAnswer:
        """Show that an answer is being written."""
        self.check_token(call)
        self.typing_to(self._in_room(room).address)
        return ApiAnswer(204)

    @route("POST", r"api/v\d+/users/@me/channels")
    def open_room(self, call: ApiCall) -> ApiAnswer:
        """The channel of the direct messages with somebody."""
        self.check_token(call)
        address = str(call.json.get("recipient_id", ""))
        if self.world.contact(address) is None:
            raise no(50033, "Invalid Recipient(s)", 400)
        return told({"id": self.room(address), "type": 1})

    @route("GET", r"api/v\d+/users/(?P<user>@me|\d+)")
    def user(self, call: ApiCall, user: str) -> ApiAnswer:
        """The bot itself, or a person."""
        self.check_token(call)
        if user == "@me":
            return told(BOT_USER)
        return told(self._user(user)) if self.world.contact(user) else self.unknown_path(call)

    @route("GET", r"api/v\d+/gateway/bot")
    def gateway(self, call: ApiCall) -> ApiAnswer:
        """Where the gateway is."""
        self.check_token(call)
        address = self.account.base.replace("http", "ws", 1)
        limits = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return told({"url": f"{address}/gateway", "shards": 1, "session_start_limit": limits})

    @route("GET", r"api/v\d+/(?:applications/@me|oauth2/applications/@me)")
    def application(self, call: ApiCall) -> ApiAnswer:
        """The application itself."""
        self.check_token(call)
        return told({"id": self.keys["application_id"], "name": "Desk", "verify_key": self.keys["public_key"]})

    @route("POST", r"api/v\d+/interactions/{key}/{token}/callback")
    def interaction(self, call: ApiCall, key: str, token: str) -> ApiAnswer:
        """An answer to a touched button."""
        return ApiAnswer(204)
