"""X's direct messages: the activity interface, and answers by its second version."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told
from channels_app.simulator.world import READ, Contact, File, Message

MOST_TEXT = 10_000


def no(status: int, title: str, detail: str) -> Refusal:
    """X's own shape of an error."""
    return refuse({"title": title, "detail": detail, "type": "about:blank", "status": status}, status)


class X(Provider):
    """One account."""

    kind = "x"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.READ, Act.TYPE, Act.OUTSIDE, Act.ODD})
    roles = frozenset({"image"})
    reports = frozenset({READ})
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "consumer_key": signing.token()[:25],
            "consumer_secret": signing.token()[:35],
            "access_token": signing.token("x"),
            "refresh_token": signing.token("r"),
            "client_id": signing.token()[:20],
            "client_secret": signing.token()[:30],
            "bearer_token": signing.token("AAAA"),
            "user_id": "1111111111",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        names = ("consumer_secret", "access_token", "refresh_token", "client_secret", "bearer_token")
        config = {"user_id": self.keys["user_id"], "client_id": self.keys["client_id"]}
        return config, {name: self.keys[name] for name in names}

    def address_of(self, human: Human) -> str:
        return human.numeral(self.account.token, 10)

    def new_id(self) -> str:
        return str(2_080_765_901_528_535_096 + self.world.number())

    def challenge(self) -> Challenge:
        expected = f"sha256={signing.base64_hmac(self.keys['consumer_secret'], b'crc123')}"

        def is_met(status: int, body: bytes) -> bool:
            return status == 200 and json.loads(body).get("response_token") == expected

        return Challenge(Hook(method="GET", query=urlencode({"crc_token": "crc123"})), is_met)

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing))

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file = self.uploaded(doing.upload)
        said = self.written(doing, kind="image", file=file)
        media = {"id": int(said.id), "media_url_https": self.media_url(file), "type": "photo"}
        yield self._message(said, attachment={"type": "media", "media": media})

    def on_read(self, doing: Doing) -> Iterable[Event]:
        if unread := self.read_up_to(doing.address):
            yield from self.receipt(unread[-1], READ)

    def on_type(self, doing: Doing) -> Iterable[Event]:
        about = {"created_timestamp": str(signing.milliseconds()), "sender_id": doing.address}
        typing = {**about, "target": {"recipient_id": self.keys["user_id"]}}
        yield self._event("dm.indicate_typing", {"direct_message_indicate_typing_events": [typing]}, doing.address)

    def on_outside(self, doing: Doing) -> Iterable[Event]:
        """Somebody answers in X's own app."""
        yield self._echo(self.world.keep(Message(self.new_id(), doing.address, is_theirs=False, text=doing.text)))

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._event("dm.hologram", {"hologram": [{"id": "1"}]}, doing.address)

    def _message(self, said: Message, **more: Any) -> Event:
        created = self._created(said, said.address, self.keys["user_id"], **more)
        return self._event("dm.received", {"direct_message_events": [created]}, said.address)

    def _echo(self, said: Message) -> Event:
        created = self._created(said, self.keys["user_id"], said.address)
        return self._event("dm.sent", {"direct_message_events": [created]}, said.address)

    def _created(self, said: Message, sender: str, to: str, **more: Any) -> Event:
        entities: Event = {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}
        data = {"text": said.text, "entities": entities, **more}
        created = {"target": {"recipient_id": to}, "sender_id": sender, "message_data": data}
        about = {"type": "message_create", "id": said.id, "created_timestamp": str(said.milliseconds)}
        return {**about, "message_create": created}

    def _event(self, name: str, payload: Event, address: str) -> Event:
        contact = self.contact(address)
        who = {"id": address, "username": f"x{address[-4:]}", "name": contact.name, "verified": False}
        payload = {**payload, "users": {address: {"data": who}}}
        about = {"event_uuid": str(-signing.milliseconds() * 1000 - self.world.number()), "event_type": name}
        return {"data": {**about, "filter": {"user_id": self.keys["user_id"]}, "tag": "support", "payload": payload}}

    def hook(self, event: Event) -> Hook:
        return self.anything(event)

    def anything(self, body: Any) -> Hook:
        hook = json_hook(body)
        signature = signing.base64_hmac(self.keys["consumer_secret"], hook.body)
        return signed(hook, X_Twitter_Webhooks_Signature=f"sha256={signature}")

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        about = {"created_timestamp": str(signing.milliseconds()), "sender_id": message.address}
        read = {**about, "target": {"recipient_id": self.keys["user_id"]}, "last_read_event_id": message.id}
        yield self._event("dm.read", {"direct_message_mark_read_events": [read]}, message.address)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        reset = str(signing.seconds() + 60)
        answer = no(429, "Too Many Requests", "Too Many Requests").answer
        return ApiAnswer(429, answer.body, headers={"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset})

    def broken(self) -> ApiAnswer:
        return no(503, "Service Unavailable", "Service Unavailable").answer

    def check_token(self, call: ApiCall) -> None:
        """The user's token, or where the app itself asks, the app's."""
        known = {self.keys["access_token"], self.keys["bearer_token"], self.world.notes.get("access_token")}
        if self.is_refusing or not call.bearer or call.bearer not in known:
            raise no(401, "Unauthorized", "Unauthorized")

    @route("POST", "2/dm_conversations/with/{user}/messages")
    def send(self, call: ApiCall, user: str) -> ApiAnswer:
        """Send a text or a file to one person."""
        self.check_token(call)
        contact = self._recipient(user)
        text, attachments = str(call.json.get("text", "")), call.json.get("attachments") or []
        if not text and not attachments:
            raise no(400, "Invalid Request", "One or more parameters to your request was invalid.")
        if len(text) > MOST_TEXT or len(attachments) > 1:
            raise no(400, "Invalid Request", "The text of your message is too long.")
        files = [str(one.get("media_id")) for one in attachments]
        if any(self.world.file(key) is None for key in files):
            raise no(400, "Invalid Request", "The media id is not valid.")
        message = self.take(contact, text=text, kind="image" if files else "text", files=files)
        self.told.append(self._echo(message))
        return told({"data": {"dm_conversation_id": self._conversation(user), "dm_event_id": message.id}}, 201)

    def _recipient(self, user: str) -> Contact:
        contact = self.world.contact(user)
        if contact is None or self.account.faults.bounce or self.account.faults.closed_window:
            raise no(403, "Forbidden", "You do not have permission to DM one or more participants.")
        return contact

    def _conversation(self, user: str) -> str:
        return "-".join(sorted([user, self.keys["user_id"]], key=int))

    @route("POST", "2/media/upload")
    def upload(self, call: ApiCall) -> ApiAnswer:
        """Keep a file for a day."""
        self.check_token(call)
        part = call.parts.get("media")
        content = part.content if part else base64.b64decode(str(call.json.get("media", "")))
        if not content:
            raise no(400, "Invalid Request", "media is required")
        kind = part.content_type if part else str(call.json.get("media_type", "image/png"))
        key = str(1_900_000_000_000 + self.world.number())
        self.world.keep_file(File(key, part.name if part else "file", kind, content))
        return told({"data": {"id": key, "media_key": f"3_{key}"}})

    @route("GET", "2/users/(?P<user>me|\\d+)")
    def user(self, call: ApiCall, user: str) -> ApiAnswer:
        """Who somebody is."""
        self.check_token(call)
        if user in ("me", self.keys["user_id"]):
            return told({"data": {"id": self.keys["user_id"], "name": "Moment Store", "username": "moment_store"}})
        contact = self.world.contact(user)
        if contact is None:
            raise no(404, "Not Found Error", "Could not find user")
        return told({"data": {"id": user, "name": contact.name, "username": f"x{user[-4:]}"}})

    @route("GET", "2/webhooks")
    def webhooks(self, call: ApiCall) -> ApiAnswer:
        """Where X delivers."""
        self.check_token(call)
        return told({"data": [{"id": "1976325569252868099", "url": self.account.hook_url, "valid": True}]})

    @route("POST", "2/webhooks")
    def set_webhook(self, call: ApiCall) -> ApiAnswer:
        """Tell X where to deliver."""
        self.check_token(call)
        return told({"data": {"id": "1976325569252868099", "url": call.json.get("url"), "valid": True}})

    @route("GET", "2/activity/subscriptions")
    def subscriptions(self, call: ApiCall) -> ApiAnswer:
        """What X tells the desk of."""
        self.check_token(call)
        return told({"data": self.world.notes.get("subscriptions", [])})

    @route("POST", "2/activity/subscriptions")
    def subscribe(self, call: ApiCall) -> ApiAnswer:
        """Let X tell of one kind of event."""
        self.check_token(call)
        self.world.notes.setdefault("subscriptions", []).append(call.json)
        return told({"data": {"subscription_id": str(self.world.number())}}, 201)

    @route("POST", "2/oauth2/token")
    def refresh(self, call: ApiCall) -> ApiAnswer:
        """A new token for a refresh token, which is spent."""
        if call.form.get("refresh_token") != self.world.notes.get("refresh_token", self.keys["refresh_token"]):
            raise refuse({"error": "invalid_request", "error_description": "Value passed for the token was invalid."})
        self.world.notes["access_token"] = signing.token("x")
        self.world.notes["refresh_token"] = signing.token("r")
        renewed = {name: self.world.notes[name] for name in ("access_token", "refresh_token")}
        return told({"token_type": "bearer", "expires_in": 7200, **renewed})

    @route("GET", "2/dm_events")
    def events_of(self, call: ApiCall) -> ApiAnswer:
        """What was said lately."""
        self.check_token(call)
        return told({"data": [], "meta": {"result_count": 0}})

    @route("GET", "2/dm_conversations/media/{event}/{media}/{resource}")
    def media(self, call: ApiCall, event: str, media: str, resource: str) -> ApiAnswer:
        """A customer's file."""
        self.check_token(call)
        said = self.world.message(event)
        file = self.world.file(picked({"files": said.files}, "files", 0)) if said and said.files else None
        return ApiAnswer(200, file.content, file.content_type) if file else self.unknown_path(call)
