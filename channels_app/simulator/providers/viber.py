"""Viber bots: one event a request, every answer with status 200."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, Contact, Message

MOST_TEXT, MOST_NAME, MOST_BYTES = 7000, 28, 30_000
KINDS = {"text", "picture", "video", "file", "contact", "location", "url", "sticker", "rich_media"}


def no(status: int, name: str) -> Refusal:
    """Viber's refusals come with HTTP 200."""
    return refuse({"status": status, "status_message": name}, 200)


class Viber(Provider):
    """One bot."""

    kind = "viber"
    acts = frozenset(
        {Act.TEXT, Act.MEDIA, Act.LOCATION, Act.CONTACT, Act.TAP, Act.READ, Act.BLOCK, Act.UNBLOCK, Act.OPEN, Act.ODD}
    )
    roles = frozenset({"image", "video", "sticker", "file"})
    reports = frozenset({DELIVERED, READ, FAILED})

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {"auth_token": signing.token()[:32]}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"sender_name": "Moment Store"}, {"auth_token": self.keys["auth_token"]}

    def address_of(self, human: Human) -> str:
        return f"{human.scoped(self.account.token, 11)}A="

    def new_id(self) -> str:
        """A number of 64 bits, near its end on purpose: a float would lose digits."""
        return str(5_741_311_803_571_721_087 + self.world.number())

    def challenge(self) -> Challenge:
        event = {"event": "webhook", "timestamp": signing.milliseconds(), "message_token": int(self.new_id())}
        return Challenge(self.hook(event), lambda status, body: status == 200)

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), type="text", text=doing.text)

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        """A button of the keyboard says its ActionBody as a text."""
        yield self._message(self.written(doing, kind="choice"), type="text", text=doing.choice)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        said = self.written(doing, kind=role, file=file)
        about: Event = {"media": self.media_url(file), "file_name": file.name, "size": len(file.content)}
        if role == "sticker":
            about = {"sticker_id": 46105, "media": self.media_url(file)}
        about |= {"text": doing.text, "thumbnail": self.media_url(file)} if role == "image" else {}
        about |= {"duration": 3} if role == "video" else {}
        yield self._message(said, type="picture" if role == "image" else role, **about)

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        where = {"lat": doing.place.latitude, "lon": doing.place.longitude, "address": doing.place.address}
        yield self._message(self.written(doing, kind="location"), type="location", location=where)

    def on_contact(self, doing: Doing) -> Iterable[Event]:
        assert doing.card
        card = {"name": doing.card.name, "phone_number": doing.card.phone}
        yield self._message(self.written(doing, kind="contact"), type="contact", contact=card)

    def on_open(self, doing: Doing) -> Iterable[Event]:
        """They open the chat for the first time."""
        about = {"type": "open", "context": doing.text, "user": self._user(doing.address), "subscribed": False}
        yield {"event": "conversation_started", **about}

    def on_block(self, doing: Doing) -> Iterable[Event]:
        self._block(doing.address, is_blocked=True)
        yield {"event": "unsubscribed", "user_id": doing.address}

    def on_unblock(self, doing: Doing) -> Iterable[Event]:
        self._block(doing.address, is_blocked=False)
        yield {"event": "subscribed", "user": self._user(doing.address)}

    def on_read(self, doing: Doing) -> Iterable[Event]:
        for message in self.read_up_to(doing.address):
            yield from self.receipt(message, READ)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield {"event": "hologram", "user_id": doing.address}

    def _block(self, address: str, *, is_blocked: bool) -> None:
        contact = self.contact(address)
        contact.is_blocked = is_blocked
        self.world.keep_contact(contact)

    def _message(self, said: Message, **content: Any) -> Event:
        about = {"event": "message", "message_token": int(said.id), "silent": False}
        return {**about, "timestamp": said.milliseconds, "sender": self._user(said.address), "message": content}

    def _user(self, address: str) -> Event:
        contact = self.contact(address)
        return {"id": address, "name": contact.name, "language": contact.language, "country": "KR", "api_version": 10}

    def hook(self, event: Event) -> Hook:
        token = {} if "message_token" in event else {"message_token": int(self.new_id())}
        return self.anything({"timestamp": signing.milliseconds(), "chat_hostname": "SN-CHAT-05_", **token, **event})

    def anything(self, body: Any) -> Hook:
        hook = json_hook(body)
        return signed(hook, X_Viber_Content_Signature=signing.hex_hmac(self.keys["auth_token"], hook.body))

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        name = {DELIVERED: "delivered", READ: "seen", FAILED: "failed"}[state]
        desc = {"desc": "failure description"} if state == FAILED else {}
        yield {"event": name, "message_token": int(message.id), "user_id": message.address, **desc}

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no(12, "tooManyRequests").answer

    def check_token(self, call: ApiCall) -> None:
        given = call.headers.get("x-viber-auth-token") or call.json.get("auth_token")
        if self.is_refusing or given != self.keys["auth_token"]:
            raise no(2, "invalidAuthToken")

    @route("POST", "pa/send_message")
    def send(self, call: ApiCall) -> ApiAnswer:
        """Send a message; the status in the body tells what became of it."""
        self.check_token(call)
        asked = call.json
        if len(call.body) > MOST_BYTES:
            raise no(3, "badData")
        contact = self._recipient(asked)
        if not 0 < len(str(picked(asked, "sender", "name") or "")) <= MOST_NAME:
            raise no(4, "missingData")
        kind = asked.get("type")
        if kind not in KINDS:
            raise no(17, "unsupportedMessageType")
        text = str(asked.get("text", ""))
        if len(text) > MOST_TEXT or (kind == "text" and not text):
            raise no(3, "badData")
        self._check_file(asked, str(kind))
        buttons = picked(asked, "keyboard", "Buttons") or []
        choices = [(str(one.get("ActionBody", "")), str(one.get("Text", ""))) for one in buttons]
        shown = {"picture": "image"}.get(str(kind), str(kind))
        notes = {"link": asked.get("media", "")}
        key = str(asked.get("tracking_data", ""))
        message = self.take(contact, kind=shown, text=text, choices=choices, key=key, notes=notes)
        return told({"status": 0, "status_message": "ok", "message_token": int(message.id), "billing_status": 1})

    def _recipient(self, asked: Event) -> Contact:
        contact = self.world.contact(str(asked.get("receiver", "")))
        if contact is None:
            raise no(5, "receiverNotRegistered")
        if contact.is_blocked or self.account.faults.closed_window:
            raise no(6, "receiverNotSubscribed")
        return contact

    def _check_file(self, asked: Event, kind: str) -> None:
        needed = {"picture": ["media"], "video": ["media", "size"], "file": ["media", "size", "file_name"]}
        if any(not asked.get(name) for name in needed.get(kind, [])):
            raise no(4, "missingData")

    @route("POST", "pa/set_webhook")
    def set_webhook(self, call: ApiCall) -> ApiAnswer:
        """Tell Viber where to deliver."""
        self.check_token(call)
        self.world.notes["webhook"] = call.json.get("url", "")
        return told({"status": 0, "status_message": "ok", "event_types": call.json.get("event_types", [])})

    @route("POST", "pa/get_account_info")
    def info(self, call: ApiCall) -> ApiAnswer:
        """The bot itself."""
        self.check_token(call)
        webhook = self.world.notes.get("webhook", self.account.hook_url)
        return told({"status": 0, "status_message": "ok", "id": "pa:1", "name": "Moment Store", "webhook": webhook})

    @route("POST", "pa/get_user_details")
    def user(self, call: ApiCall) -> ApiAnswer:
        """Who somebody is."""
        self.check_token(call)
        address = str(call.json.get("id", ""))
        if self.world.contact(address) is None:
            raise no(5, "receiverNotRegistered")
        return told({"status": 0, "status_message": "ok", "user": self._user(address)})
