"""Vonage's Messages interface, which carries SMS, WhatsApp, Messenger, Viber and RCS in one shape."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, picked, route
from channels_app.simulator.providers.vonage_app import VonageApp, problem
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, SENT, Contact, Message

DAY = 24 * 3600
LONGEST = {"sms": 3200, "whatsapp": 4096, "messenger": 640, "viber_service": 1000, "rcs": 3072, "mms": 3200}
WORDS = {SENT: "submitted", DELIVERED: "delivered", READ: "read", FAILED: "undeliverable"}


class Vonage(VonageApp):
    """One sender of one of the channels that Vonage carries (here: WhatsApp)."""

    kind = "vonage"
    quotes = True
    carried: ClassVar[str] = "whatsapp"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.LOCATION, Act.TAP, Act.READ, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({SENT, DELIVERED, READ, FAILED})
    window: ClassVar[float | None] = DAY
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {**super().new_keys(), "number": "447700900000"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        names = ("api_key", "application_id")
        config = {name: self.keys[name] for name in names} | {"network": self.carried, "sender": self.keys["number"]}
        return config, {name: self.keys[name] for name in ("private_key", "signature_secret")}

    def address_of(self, human: Human) -> str:
        return human.digits

    def new_id(self) -> str:
        self.world.number()
        return str(uuid.uuid4())

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), "text", text=doing.text)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        caption = {"caption": doing.text} if doing.text and role != "audio" else {}
        content = {"url": self.media_url(file), "name": file.name, **caption}
        yield self._message(self.written(doing, kind=role, file=file), role, **{role: content})

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        place = doing.place
        where = {"lat": place.latitude, "long": place.longitude, "name": place.name, "address": place.address}
        yield self._message(self.written(doing, kind="location"), "location", location=where)

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        yield self._message(said, "reply", reply={"id": doing.choice, "title": doing.text})

    def on_read(self, doing: Doing) -> Iterable[Event]:
        for message in self.read_up_to(doing.address):
            yield from self.receipt(message, READ)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing, kind="odd"), "hologram", hologram={"id": "1"})

    def _message(self, said: Message, kind: str, **content: Any) -> Event:
        contact = self.contact(said.address)
        ends = {"to": self.keys["number"], "from": said.address, "channel": self.carried, "message_uuid": said.id}
        about = {"timestamp": said.at, "message_type": kind, "profile": {"name": contact.name}}
        quoted = {"message_uuid": said.quoted, "message_from": self.keys["number"]}
        status = {"context_status": "available", "context": quoted} if said.quoted else {"context_status": "none"}
        return {
            **ends,
            **about,
            **status,
            **content,
            "_self": {"href": f"{self.account.base}/api/v1/messages/{said.id}"},
        }

    def hook(self, event: Event) -> Hook:
        return self.sign(event, path=event.pop("_path", ""))

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        ends = {"message_uuid": message.id, "to": message.address, "from": self.keys["number"]}
        about = {"timestamp": timezone.now().isoformat(), "channel": self.carried, "status": WORDS[state]}
        key = {"client_ref": message.key} if message.key else {}
        trouble = {"error": self._failure(message)} if state == FAILED else {}
        yield {**ends, **about, **key, **trouble}

    def _failure(self, message: Message) -> Event:
        code = message.notes.get("failure", "1040")
        link = f"https://developer.vonage.com/api-errors/messages#{code}"
        return {"type": link, "title": code, "detail": "Message failed", "instance": signing.token()[:20]}

    def fate(self, message: Message) -> list[str]:
        return [FAILED] if message.notes.get("failure") else super().fate(message)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", "v1/messages")
    def send(self, call: ApiCall) -> ApiAnswer:
        """Send a message."""
        self.check_token(call)
        asked = call.json
        if asked.get("channel") != self.carried or not asked.get("from"):
            raise problem("1120", "Illegal Sender Address - rejected", 422)
        to = str(asked.get("to", ""))
        if not to.isdigit():
            raise problem("1022", "Invalid params: to", 422, invalid_parameters=[{"name": "to"}])
        if len(str(asked.get("client_ref", ""))) > 100:
            raise problem("1022", "Invalid params: client_ref", 422)
        contact = self.world.contact(to) or self.world.keep_contact(Contact(to, phone=f"+{to}"))
        columns = self._content(asked)
        if columns.get("kind") != "template" and self.carried == "whatsapp" and self.is_outside_window(contact):
            columns["notes"] = {**columns.get("notes", {}), "failure": "1340"}
        columns["quoted"] = str(picked(asked, "context", "message_uuid") or "")
        message = self.take(contact, key=str(asked.get("client_ref", "")), **columns)
        return told({"message_uuid": message.id}, 202)

    def _content(self, asked: Event) -> dict[str, Any]:
        kind = str(asked.get("message_type"))
        if kind == "text":
            text = asked.get("text")
            if not isinstance(text, str) or not 0 < len(text) <= LONGEST[self.carried]:
                raise problem("1022", "Invalid params: text", 422)
            return {"text": text}
        if kind == "custom":
            return self._custom(asked.get("custom") or {})
        if kind == "template":
            words = [str(one) for one in picked(asked, "template", "parameters") or []]
            return {"kind": "template", "text": " ".join(words)}
        body = asked.get(kind)
        url = str(picked(asked, kind, "url") or "")
        if kind not in ("image", "audio", "video", "file", "sticker") or not isinstance(body, dict):
            raise problem("1022", "Invalid params: message_type", 422)
        if not url.startswith(("https://", "http://")):
            raise problem("1022", f"Invalid params: {kind}.url", 422)
        return {"kind": kind, "text": str(body.get("caption", "")), "notes": {"link": url}}

    def _custom(self, body: Event) -> dict[str, Any]:
        """What Meta takes, as it is."""
        kind = str(body.get("type"))
        if kind == "reaction":
            self.change(
                str(picked(body, "reaction", "message_id")), our_reaction=str(picked(body, "reaction", "emoji"))
            )
            return {"kind": "reaction"}
        rows = picked(body, "interactive", "action", "buttons") or []
        rows = [one.get("reply") or {} for one in rows] or [
            row for part in picked(body, "interactive", "action", "sections") or [] for row in part.get("rows", [])
        ]
        if kind != "interactive" or not rows:
            raise problem("1022", "Invalid params: custom", 422)
        choices = [(str(one["id"]), str(one["title"])) for one in rows]
        return {"text": str(picked(body, "interactive", "body", "text") or ""), "choices": choices}

    @route("PATCH", "v1/messages/{key}")
    def update(self, call: ApiCall, key: str) -> ApiAnswer:
        """Mark a customer's message as read, show that an answer is being written, or take one back."""
        self.check_token(call)
        message = self.world.message(key)
        if message is None:
            raise problem("Not Found", "Message was not found", 404)
        if call.json.get("status") == "read":
            self.change(key, state=READ)
            self.typing_to(message.address if call.json.get("replying_indicator") else "")
        elif call.json.get("status") == "revoked":
            self.change(key, is_deleted=True)
        else:
            raise problem("1022", "Invalid params: status", 422)
        return told(None, 200)

    @route("GET", "(?:v2/applications|v1/applications)/{key}")
    def application(self, call: ApiCall, key: str) -> ApiAnswer:
        """The application itself."""
        return told({"id": key, "name": "Moment Store", "capabilities": {"messages": {}}})
