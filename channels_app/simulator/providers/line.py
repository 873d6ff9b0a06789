"""LINE's Messaging interface: one official account, its friends, reply tokens and pushes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told
from channels_app.simulator.world import READ, Contact, Message

MOST_TEXT, MOST_QUICK_REPLIES, MOST_MESSAGES = 5000, 13, 5
REPLY_TOKEN_SECONDS = 60
KINDS = {"text", "image", "video", "audio", "location", "sticker", "template", "flex"}


def no(status: int, message: str, details: list[Event] | None = None) -> Refusal:
    """LINE's own shape of an error."""
    return refuse({"message": message} | ({"details": details} if details else {}), status)


class Line(Provider):
    """One official account."""

    kind = "line"
    quotes = True
    gives_stickers = False
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.LOCATION, Act.DELETE, Act.TAP, Act.BLOCK, Act.UNBLOCK, Act.ODD})
    roles = frozenset({"image", "video", "audio", "sticker", "file"})
    batches = True
    can_start = False
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "channel_secret": signing.token()[:32],
            "channel_access_token": "".join(signing.token() for _part in range(5)),
            "user_id": f"U{signing.token()[:32]}",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {"channel_secret": self.keys["channel_secret"], "access_token": self.keys["channel_access_token"]}
        return {}, secrets

    def address_of(self, human: Human) -> str:
        return f"U{human.scoped(self.account.token)}"

    def new_id(self) -> str:
        return str(14_353_798_900_000 + self.world.number())

    def challenge(self) -> Challenge:
        return Challenge(self.sign([]), lambda status, body: status == 200)

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing)
        quoted = {"quotedMessageId": said.quoted} if said.quoted else {}
        yield self._message(said, {"type": "text", "text": said.text, **self._tokens(said), **quoted})

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        role = doing.upload.role.value
        file = None if role == "sticker" else self.uploaded(doing.upload)
        said = self.written(doing, kind=role, file=file)
        if file is None:
            look = {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC", "keywords": ["Hello"]}
            yield self._message(said, {"type": "sticker", **look, **self._tokens(said)})
            return
        self.world.notes.setdefault("content", {})[said.id] = file.key
        if role == "file":
            content: Event = {"type": "file", "fileName": file.name, "fileSize": len(file.content)}
        else:
            content = {"type": role, "contentProvider": {"type": "line"}}
            content |= {"duration": 3000} if role in ("audio", "video") else self._tokens(said)
        yield self._message(said, content)

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        place = doing.place
        where = {"latitude": place.latitude, "longitude": place.longitude}
        named = {"title": place.name, "address": place.address}
        named = {key: value for key, value in named.items() if value}
        yield self._message(self.written(doing, kind="location"), {"type": "location", **named, **where})

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        yield self._event("unsend", doing.address, has_token=False, unsend={"messageId": doing.target})

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        self.acted(doing.address)
        self.world.keep(Message(self.new_id(), doing.address, True, "choice", doing.text))
        yield self._event("postback", doing.address, postback={"data": doing.choice})

    def on_block(self, doing: Doing) -> Iterable[Event]:
        yield self._following(doing.address, is_blocked=True)

    def on_unblock(self, doing: Doing) -> Iterable[Event]:
        yield self._following(doing.address, is_blocked=False)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._event("hologram", doing.address, hologram={"id": "1"})

    def _following(self, address: str, *, is_blocked: bool) -> Event:
        contact = self.contact(address)
        contact.is_blocked = is_blocked
        self.world.keep_contact(contact)
        if is_blocked:
            return self._event("unfollow", address, has_token=False)
        return self._event("follow", address, follow={"isUnblocked": True})

    def _tokens(self, said: Message) -> Event:
        return {"quoteToken": f"q-{said.id}", "markAsReadToken": f"r-{said.id}"}

    def _message(self, said: Message, content: Event) -> Event:
        return self._event("message", said.address, message={"id": said.id, **content}, timestamp=said.milliseconds)

    def _event(self, kind: str, address: str, *, has_token: bool = True, timestamp: int = 0, **content: Any) -> Event:
        event: Event = {"type": kind, "mode": "active", "timestamp": timestamp or signing.milliseconds()}
        event |= {
            "webhookEventId": f"01HX{uuid.uuid4().hex[:22].upper()}",
            "source": {"type": "user", "userId": address},
        }
        event |= {"deliveryContext": {"isRedelivery": False}}
        if has_token:
            event["replyToken"] = token = uuid.uuid4().hex
            self.world.notes.setdefault("reply", {})[token] = [address, signing.seconds()]
        return {**event, **content}

    def pack(self, events: Sequence[Event]) -> list[Hook]:
        return [self.sign(events)] if events else []

    def sign(self, events: Sequence[Event]) -> Hook:
        """One request with all the events."""
        return self.anything({"destination": self.keys["user_id"], "events": list(events)})

    def anything(self, body: Any) -> Hook:
        """Signed in base64 with the channel's secret."""
        hook = json_hook(body)
        return signed(hook, X_Line_Signature=signing.base64_hmac(self.keys["channel_secret"], hook.body))

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no(429, "The API rate limit has been exceeded. Try again later.").answer

    def broken(self) -> ApiAnswer:
        return no(500, "Internal server error").answer

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return no(404, "Not found").answer

    def check_token(self, call: ApiCall) -> None:
        if self.is_refusing or call.bearer != self.keys["channel_access_token"]:
            raise no(401, "Authentication failed. Confirm that the access token in the authorization header is valid.")

    @route("POST", "v2/bot/message/reply")
    def reply(self, call: ApiCall) -> ApiAnswer:
        """Answer by a reply token: once, within a minute, free of charge."""
        self.check_token(call)
        if "x-line-retry-key" in call.headers:
            raise no(400, "The retry key is not supported for this API.")
        address, at = self.world.notes.get("reply", {}).pop(call.json.get("replyToken", ""), ("", 0))
        if not address or signing.seconds() - at > REPLY_TOKEN_SECONDS or self.account.faults.closed_window:
            raise no(400, "Invalid reply token")
        return self._accepted(self.contact(address), call)

    @route("POST", "v2/bot/message/push")
    def push(self, call: ApiCall) -> ApiAnswer:
        """Write at any time; a retry key makes that safe to repeat."""
        self.check_token(call)
        key = call.headers.get("x-line-retry-key", "")
        if key and not _is_uuid(key):
            raise no(400, "Invalid retry key")
        done = self.world.notes.setdefault("retries", {})
        if known := done.get(key):
            words = {"message": "The retry key is already accepted", "sentMessages": known["sent"]}
            raise refuse(words, 409, x_line_accepted_request_id=known["request"])
        contact = self.world.contact(str(call.json.get("to", "")))
        if contact is None:
            raise no(400, "Failed to send messages")
        return self._accepted(contact, call, key)

    def _accepted(self, contact: Contact, call: ApiCall, key: str = "") -> ApiAnswer:
        if self.account.faults.bounce:
            raise no(400, "Failed to send messages")
        messages = call.json.get("messages")
        if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_MESSAGES:
            raise self._invalid("Size must be between 1 and 5", "messages")
        sent = []
        for number, one in enumerate(messages):
            message = self.take(contact, key=key, **self._columns(one, f"messages[{number}]"))
            message.is_deleted = contact.is_blocked  # a push to somebody who blocked the account goes nowhere, silently
            sent.append({"id": message.id, "quoteToken": f"q-{message.id}"})
        request = str(uuid.uuid4())
        if key:
            self.world.notes["retries"][key] = {"sent": sent, "request": request}
        return told({"sentMessages": sent}, 200, x_line_request_id=request)

    def _invalid(self, message: str, where: str) -> Refusal:
        return no(400, "The request body has 1 error(s)", [{"message": message, "property": where}])

    def _columns(self, one: Event, where: str) -> dict[str, Any]:
        kind = one.get("type")
        if kind not in KINDS:
            raise self._invalid("Must be one of the following values: [text, image, …]", f"{where}.type")
        items = picked(one, "quickReply", "items") or []
        if len(items) > MOST_QUICK_REPLIES:
            raise self._invalid("Size must be between 0 and 13", f"{where}.quickReply.items")
        columns: dict[str, Any] = {"kind": kind, "choices": [self._choice(item, where) for item in items]}
        if token := one.get("quoteToken"):
            columns["quoted"] = self._quoted(str(token), where)
        return columns | (self._text(one, where) if kind == "text" else self._content(one, where))

    def _choice(self, item: Event, where: str) -> tuple[str, str]:
        action = item.get("action") or {}
        data = str(action.get("data") or action.get("text") or "")
        if item.get("type") != "action" or not 0 < len(str(action.get("label", ""))) <= 20 or not 0 < len(data) <= 300:
            raise self._invalid("Invalid action", f"{where}.quickReply.items")
        return data, str(action["label"])

    def _quoted(self, token: str, where: str) -> str:
        if self.world.message(token.removeprefix("q-")) is None:
            raise self._invalid("Invalid quote token", f"{where}.quoteToken")
        return token.removeprefix("q-")

    def _text(self, one: Event, where: str) -> dict[str, Any]:
        text = one.get("text")
        if not isinstance(text, str) or not text:
            raise self._invalid("May not be empty", f"{where}.text")
        if len(text.encode("utf-16-le")) // 2 > MOST_TEXT:
            raise self._invalid("Length must be between 0 and 5000", f"{where}.text")
        return {"text": text}

    def _content(self, one: Event, where: str) -> dict[str, Any]:
        kind = one["type"]
        if kind in ("image", "video", "audio"):
            needed = {"originalContentUrl"} | ({"previewImageUrl"} if kind != "audio" else {"duration"})
            if missing := sorted(needed - one.keys()):
                raise self._invalid("May not be null", f"{where}.{missing[0]}")
            if not str(one["originalContentUrl"]).startswith(("https://", "http://127.0.0.1", "http://localhost")):
                raise self._invalid("Invalid URL scheme", f"{where}.originalContentUrl")
        return {"text": str(one.get("altText", "")), "notes": {"link": one.get("originalContentUrl", "")}}

    @route("GET", "v2/bot/message/{key}/content")
    def content(self, call: ApiCall, key: str) -> ApiAnswer:
        """The bytes of a picture, a film, a sound or a file."""
        self.check_token(call)
        file = self.world.file(self.world.notes.get("content", {}).get(key, ""))
        return ApiAnswer(200, file.content, file.content_type) if file else self.unknown_path(call)

    @route("GET", "v2/bot/message/{key}/content/transcoding")
    def transcoding(self, call: ApiCall, key: str) -> ApiAnswer:
        """Whether a film or a sound is ready."""
        self.check_token(call)
        return told({"status": "succeeded"})

    @route("GET", "v2/bot/profile/{user}")
    def profile(self, call: ApiCall, user: str) -> ApiAnswer:
        """Who a friend is."""
        self.check_token(call)
        contact = self.world.contact(user)
        if contact is None or contact.is_blocked:
            return self.unknown_path(call)
        return told({"displayName": contact.name, "userId": user, "language": contact.language})

    @route("GET", "v2/bot/info")
    def info(self, call: ApiCall) -> ApiAnswer:
        """The account itself."""
        self.check_token(call)
        return told({"userId": self.keys["user_id"], "basicId": "@moment", "displayName": "Moment Store"})

    @route("GET", "v2/bot/message/quota")
    def quota(self, call: ApiCall) -> ApiAnswer:
        """How many pushes a month are paid for."""
        self.check_token(call)
        return told({"type": "limited", "value": 1000})

    @route("GET", "v2/bot/message/quota/consumption")
    def consumption(self, call: ApiCall) -> ApiAnswer:
        """How many were sent this month."""
        self.check_token(call)
        return told({"totalUsage": len(self.world.notes.get("retries", {}))})

    @route("POST", "v2/bot/chat/loading/start")
    def typing(self, call: ApiCall) -> ApiAnswer:
        """Show that an answer is being written."""
        self.check_token(call)
        asked, seconds = call.json, call.json.get("loadingSeconds", 20)
        if not isinstance(seconds, int) or seconds % 5 or not 5 <= seconds <= 60:
            raise self._invalid("Must be a multiple of 5 between 5 and 60", "loadingSeconds")
        self.typing_to(asked.get("chatId", ""))
        return told({}, 202)

    @route("POST", "v2/bot/chat/markAsRead")
    def mark_read(self, call: ApiCall) -> ApiAnswer:
        """Show that messages up to one were read."""
        self.check_token(call)
        message = self.world.message(str(call.json.get("markAsReadToken", "")).removeprefix("r-"))
        if message is None:
            raise self._invalid("Invalid token", "markAsReadToken")
        self.change(message.id, state=READ)
        return told({})

    @route("PUT", "v2/bot/channel/webhook/endpoint")
    def set_endpoint(self, call: ApiCall) -> ApiAnswer:
        """Tell LINE where to deliver."""
        self.check_token(call)
        self.world.notes["webhook"] = call.json.get("endpoint", "")
        return told({})

    @route("GET", "v2/bot/channel/webhook/endpoint")
    def endpoint(self, call: ApiCall) -> ApiAnswer:
        """Where LINE delivers."""
        self.check_token(call)
        return told({"endpoint": self.world.notes.get("webhook", self.account.hook_url), "active": True})

    @route("POST", "v2/bot/channel/webhook/test")
    def test_endpoint(self, call: ApiCall) -> ApiAnswer:
        """Let LINE call the desk once."""
        self.check_token(call)
        return told({"success": True, "statusCode": 200, "reason": "OK", "detail": "200"})

    def report(self, message: Message, state: str) -> list[Event]:
        """LINE tells nothing of what became of a message; the phone knows all the same."""
        message.state = READ if state == READ else message.state
        self.world.keep(message)
        return []


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
