"""WhatsApp Cloud API as Meta documents it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, picked, route
from channels_app.simulator.providers.meta import Meta, graph_error
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, SENT, Contact, File, Message

DAY = 24 * 3600
MOST_TEXT, MOST_CAPTION, MOST_BUTTONS, MOST_ROWS = 4096, 1024, 3, 10
MEGABYTE = 1024 * 1024
LIMITS = {"image": 5 * MEGABYTE, "video": 16 * MEGABYTE, "audio": 16 * MEGABYTE, "document": 100 * MEGABYTE}
MEDIA = ("image", "video", "audio", "document", "sticker")
TEMPLATES = [
    {
        "name": "order_update",
        "language": "ko",
        "status": "APPROVED",
        "category": "UTILITY",
        "id": "900001",
        "components": [{"type": "BODY", "text": "{{1}} 님, 문의하신 주문 {{2}} 건에 답변을 남겼어요."}],
    },
    {
        "name": "order_update",
        "language": "en",
        "status": "APPROVED",
        "category": "UTILITY",
        "id": "900002",
        "components": [{"type": "BODY", "text": "Hello {{1}}, we have answered about your order {{2}}."}],
    },
]


class WhatsApp(Meta):
    """A business number and the people who write to it."""

    kind = "whatsapp"
    quotes = True
    acts = frozenset(
        {Act.TEXT, Act.MEDIA, Act.LOCATION, Act.CONTACT, Act.REACT, Act.EDIT, Act.DELETE, Act.TAP, Act.READ, Act.ODD}
    )
    roles = frozenset({"image", "video", "audio", "voice", "sticker", "file"})
    reports = frozenset({SENT, DELIVERED, READ, FAILED})
    window: ClassVar[float | None] = DAY
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            **super().new_keys(),
            "phone_number_id": "106540352242922",
            "business_id": "102290129340398",
            "number": "15550783881",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        keys = self.keys
        config = {"phone_number_id": keys["phone_number_id"], "business_account_id": keys["business_id"]}
        return config, {name: keys[name] for name in ("access_token", "app_secret")}

    def address_of(self, human: Human) -> str:
        return human.digits

    def new_id(self) -> str:
        return f"wamid.HBgM{self.account.token[:6]}{self.world.number():08d}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), text={"body": doing.text})

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        kind = {"voice": "audio", "file": "document"}.get(role, role)
        said: dict[str, Any] = {"id": file.key, "mime_type": file.content_type, "sha256": "c2ltdWxhdGVk"}
        said |= {"url": self.media_url(file)}
        said |= {"caption": doing.text} if doing.text and kind not in ("audio", "sticker") else {}
        said |= {"filename": file.name} if kind == "document" else {}
        said |= {"voice": role == "voice"} if kind == "audio" else {}
        said |= {"animated": False} if kind == "sticker" else {}
        yield self._message(self.written(doing, kind=role, file=file), kind=kind, **{kind: said})

    def on_location(self, doing: Doing) -> Iterable[Event]:
        assert doing.place
        place = doing.place
        where = {"latitude": place.latitude, "longitude": place.longitude}
        named = {"name": place.name, "address": place.address}
        where |= {key: value for key, value in named.items() if value}  # type: ignore[misc]
        yield self._message(self.written(doing, kind="location"), kind="location", location=where)

    def on_contact(self, doing: Doing) -> Iterable[Event]:
        assert doing.card
        name = {"formatted_name": doing.card.name, "first_name": doing.card.name}
        card = {"name": name, "phones": [{"phone": doing.card.phone, "type": "CELL"}]}
        yield self._message(self.written(doing, kind="contact"), kind="contacts", contacts=[card])

    def on_react(self, doing: Doing) -> Iterable[Event]:
        self.acted(doing.address)
        self.change(doing.target, reaction=doing.emoji)
        # A reaction that is taken away comes without an emoji at all.
        said = {"message_id": doing.target} | ({"emoji": doing.emoji} if doing.emoji else {})
        yield self._wrapped(doing.address, self.new_id(), "reaction", {"reaction": said})

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, text=doing.text, is_edited=True)
        message = {"type": "text", "text": {"body": doing.text}}
        said = {"original_message_id": doing.target, "message": message}
        yield self._wrapped(doing.address, self.new_id(), "edit", {"edit": said})

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        said = {"original_message_id": doing.target}
        yield self._wrapped(doing.address, self.new_id(), "revoke", {"revoke": said})

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        asked = self.world.message(doing.target)
        kind = "list_reply" if asked and asked.kind == "list" else "button_reply"
        answer = {"type": kind, kind: {"id": doing.choice, "title": doing.text}}
        yield self._message(self.written(doing, kind="choice"), kind="interactive", interactive=answer)

    def on_read(self, doing: Doing) -> Iterable[Event]:
        for message in self.read_up_to(doing.address):
            yield from self.receipt(message, READ)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        """Something that did not exist when the desk was written."""
        message = self.written(doing, kind="odd")
        yield self._wrapped(doing.address, message.id, "hologram", {"hologram": {"id": "1"}})

    def _message(self, said: Message, kind: str = "text", **content: Any) -> Event:
        quoted = {"context": {"from": self.keys["number"], "id": said.quoted}} if said.quoted else {}
        return self._wrapped(said.address, said.id, kind, content | quoted)

    def _wrapped(self, address: str, key: str, kind: str, content: Event) -> Event:
        contact = self.contact(address)
        who = {"profile": {"name": contact.name}, "wa_id": address, "user_id": self._scoped(address)}
        said = {"from": address, "from_user_id": who["user_id"], "id": key, "timestamp": str(signing.seconds())}
        return {"contacts": [who], "messages": [{**said, "type": kind, **content}]}

    def _scoped(self, address: str) -> str:
        return f"KR.9{address}"

    def pack(self, events: Sequence[Event]) -> list[Hook]:
        """All changes in one request, as Meta batches them."""
        if not events:
            return []
        changes = [{"field": "messages", "value": self._value(event)} for event in events]
        entry = {"id": self.keys["business_id"], "changes": changes}
        return [self.sign({"object": "whatsapp_business_account", "entry": [entry]})]

    def _value(self, event: Event) -> Event:
        meta = {"display_phone_number": self.keys["number"], "phone_number_id": self.keys["phone_number_id"]}
        return {"messaging_product": "whatsapp", "metadata": meta, **event}

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        said = {"id": message.id, "status": state, "timestamp": str(signing.seconds())}
        said |= {"recipient_id": message.address}
        said |= {"biz_opaque_callback_data": message.key} if message.key else {}
        if state == FAILED:
            yield {"statuses": [{**said, "errors": [self._failure(message)]}]}
            return
        contact = self.contact(message.address)
        who = {"profile": {"name": contact.name}, "wa_id": message.address}
        yield {"contacts": [who], "statuses": [said]}

    def _failure(self, message: Message) -> Event:
        code, title = message.notes.get("failure") or (131026, "Message undeliverable")
        return {"code": code, "title": title, "message": title, "error_data": {"details": title}}

    def fate(self, message: Message) -> list[str]:
        # A closed window is found out after the message was accepted.
        return [FAILED] if message.notes.get("failure") else super().fate(message)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", r"v\d+\.\d+/{number}/messages")
    def send(self, call: ApiCall, number: str) -> ApiAnswer:
        """Send a message, or mark one as read."""
        self.check_token(call)
        if number != self.keys["phone_number_id"]:
            raise graph_error(100, f"Unsupported post request. Object with ID '{number}' does not exist", 400)
        asked = call.json
        if asked.get("messaging_product") != "whatsapp":
            raise graph_error(100, "(#100) The parameter messaging_product is required.")
        if asked.get("status") == "read":
            return self._mark_read(asked)
        contact = self._recipient(asked)
        kind = str(asked.get("type", "text"))
        if kind == "reaction":
            return self._react(asked, contact)
        columns: dict[str, Any] = getattr(self, f"_take_{kind}", self._take_unknown)(asked, contact)
        columns.setdefault("kind", "file" if kind == "document" else kind)
        columns["quoted"] = str(picked(asked, "context", "message_id") or "")
        columns["key"] = self._callback_data(asked)
        if kind != "template" and self.is_outside_window(contact):
            columns["notes"] = {"failure": (131047, "Re-engagement message")}
        return self._accepted(self.take(contact, **columns), asked)

    def _callback_data(self, asked: Event) -> str:
        key = str(asked.get("biz_opaque_callback_data", ""))
        if len(key) > 512:
            raise graph_error(100, "(#100) biz_opaque_callback_data is too long")
        return key

    def _accepted(self, message: Message, asked: Event) -> ApiAnswer:
        who = {"input": asked.get("to", asked.get("recipient")), "wa_id": message.address}
        sent: dict[str, str] = {"id": message.id}
        sent |= {"message_status": "accepted"} if message.kind == "template" else {}
        return told({"messaging_product": "whatsapp", "contacts": [who], "messages": [sent]})

    def _recipient(self, asked: Event) -> Contact:
        to = str(asked.get("to", "")).removeprefix("+")
        if not to and (user := str(asked.get("recipient", ""))):
            to = user.removeprefix("KR.9")
        if not to.isdigit() or not 6 <= len(to) <= 15:
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "to"})
        return self.world.contact(to) or self.world.keep_contact(Contact(to, phone=f"+{to}"))

    def _take_text(self, asked: Event, contact: Contact) -> dict[str, Any]:
        text = picked(asked, "text", "body")
        if not isinstance(text, str) or not text:
            raise graph_error(100, "(#100) The parameter text['body'] is required.")
        if len(text) > MOST_TEXT:
            raise graph_error(100, f"Param text['body'] must be at most {MOST_TEXT} characters long.")
        return {"text": text}

    def _take_unknown(self, asked: Event, contact: Contact) -> dict[str, Any]:
        raise graph_error(100, f"(#100) Param type must be one of the known types - got {asked.get('type')!r}.")

    def _take_media(self, asked: Event, contact: Contact) -> dict[str, Any]:
        kind = str(asked["type"])
        body = asked.get(kind) or {}
        if len(caption := str(body.get("caption", ""))) > MOST_CAPTION:
            raise graph_error(100, f"Param {kind}['caption'] must be at most {MOST_CAPTION} characters long.")
        if link := body.get("link"):
            return {"text": caption, "notes": {"link": link, "name": body.get("filename", "")}}
        file = self.world.file(str(body.get("id", "")))
        if file is None:
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "media id"})
        return {"text": caption, "files": [file.key]}

    _take_image = _take_video = _take_audio = _take_document = _take_sticker = _take_media

    def _take_interactive(self, asked: Event, contact: Contact) -> dict[str, Any]:
        body, kind = asked.get("interactive") or {}, str(picked(asked, "interactive", "type"))
        if kind == "button":
            found = [button.get("reply") or {} for button in picked(body, "action", "buttons") or []]
            most, longest = MOST_BUTTONS, MOST_CAPTION
        elif kind == "list":
            found = [row for part in picked(body, "action", "sections") or [] for row in part.get("rows", [])]
            most, longest = MOST_ROWS, MOST_TEXT
            if not 0 < len(str(picked(body, "action", "button") or "")) <= 20:
                raise graph_error(131009, "(#131009) action.button has to have 1 to 20 characters")
        else:
            raise graph_error(100, "(#100) Unknown interactive type")
        text = str(picked(body, "body", "text") or "")
        if not 1 <= len(found) <= most or not 0 < len(text) <= longest:
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "interactive"})
        self._check_titles(found, 20 if kind == "button" else 24)
        choices = [(str(one["id"]), str(one["title"])) for one in found]
        return {"kind": "list" if kind == "list" else "text", "text": text, "choices": choices}

    def _check_titles(self, found: list[dict[str, Any]], longest: int) -> None:
        titles = [str(one.get("title", "")) for one in found]
        ids = [str(one.get("id", "")) for one in found]
        if any(not 0 < len(title) <= longest for title in titles) or not all(0 < len(one) <= 200 for one in ids):
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "title"})
        if len(set(ids)) < len(ids) or len(set(titles)) < len(titles):
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "duplicate"})

    def _take_template(self, asked: Event, contact: Contact) -> dict[str, Any]:
        name, language = picked(asked, "template", "name"), picked(asked, "template", "language", "code")
        known = next((one for one in TEMPLATES if (one["name"], one["language"]) == (name, language)), None)
        if known is None:
            raise graph_error(132001, "(#132001) Template name does not exist in the translation", 404)
        blanks = [
            str(one.get("text", ""))
            for part in picked(asked, "template", "components") or []
            if part.get("type") == "body"
            for one in part.get("parameters", [])
        ]
        text = str(picked(known, "components", 0, "text"))
        if len(blanks) != text.count("{{"):
            raise graph_error(132000, "(#132000) Number of parameters does not match the expected number of params")
        for number, value in enumerate(blanks, start=1):
            text = text.replace(f"{{{{{number}}}}}", value)
        return {"text": text}

    def _take_location(self, asked: Event, contact: Contact) -> dict[str, Any]:
        where = asked.get("location") or {}
        return {"text": str(where.get("name", "")), "notes": {"place": where}}

    def _react(self, asked: Event, contact: Contact) -> ApiAnswer:
        message = self.world.message(str(picked(asked, "reaction", "message_id")))
        if message is None:
            raise graph_error(131009, "(#131009) Parameter value is not valid", error_data={"details": "message_id"})
        self.change(message.id, our_reaction=str(picked(asked, "reaction", "emoji") or ""))
        sent = {"id": self.new_id()}
        return told({"messaging_product": "whatsapp", "contacts": [{"wa_id": contact.address}], "messages": [sent]})

    def _mark_read(self, asked: Event) -> ApiAnswer:
        message = self.world.message(str(asked.get("message_id", "")))
        if message is None or not message.is_theirs:
            raise graph_error(100, "(#100) Invalid parameter", error_data={"details": "message_id"})
        self.change(message.id, state=READ)
        self.typing_to(message.address if asked.get("typing_indicator") else "")
        return self.done()

    @route("POST", r"v\d+\.\d+/{number}/media")
    def upload(self, call: ApiCall, number: str) -> ApiAnswer:
        """Take a file for thirty days."""
        self.check_token(call)
        part = call.parts.get("file")
        if part is None or call.form.get("messaging_product") != "whatsapp":
            raise graph_error(100, "(#100) The parameter file is required.")
        kind = part.content_type.partition("/")[0]
        if len(part.content) > LIMITS.get(kind, LIMITS["document"]):
            raise graph_error(131053, "Media upload error", error_data={"details": "file too large"})
        file = File(str(self.world.number() + 10**14), part.name, part.content_type, part.content)
        return told({"id": self.world.keep_file(file).key})

    @route("GET", r"v\d+\.\d+/{key}")
    def show(self, call: ApiCall, key: str) -> ApiAnswer:
        """What an id stands for: the number itself, the business, or a file."""
        self.check_token(call)
        if key == self.keys["phone_number_id"]:
            named = {"display_phone_number": "+1 555-078-3881", "verified_name": "Moment Store"}
            delivered_to = {"phone_number": self.world.notes.get("webhook", self.account.hook_url)}
            return told({"id": key, **named, "webhook_configuration": delivered_to})
        if key == self.keys["business_id"]:
            return told({"id": key, "name": "Moment Store"})
        file = self.world.file(key)
        if file is None:
            return self.unknown_path(call)
        size = len(file.content)
        facts = {"mime_type": file.content_type, "sha256": "c2ltdWxhdGVk", "file_size": size, "id": key}
        return told({"url": self.media_url(file), "messaging_product": "whatsapp", **facts})

    @route("POST", r"v\d+\.\d+/{number}")
    def configure(self, call: ApiCall, number: str) -> ApiAnswer:
        """Deliver what concerns one number to an address of its own."""
        self.check_token(call)
        asked = picked(call.json, "webhook_configuration") or {}
        self.world.notes["webhook"] = asked.get("override_callback_uri", "")
        self.world.notes["verify_token"] = asked.get("verify_token", "")
        return self.done()

    @route("GET", "cdn/{key}")
    def serve(self, call: ApiCall, key: str) -> ApiAnswer:
        """Media are for the bearer of the token alone."""
        self.check_token(call)
        return super().serve(call, key)

    @route("GET", r"v\d+\.\d+/{business}/message_templates")
    def templates(self, call: ApiCall, business: str) -> ApiAnswer:
        """The approved texts."""
        self.check_token(call)
        return told({"data": TEMPLATES, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}})

    @route("GET", r"v\d+\.\d+/{business}/phone_numbers")
    def numbers(self, call: ApiCall, business: str) -> ApiAnswer:
        """The numbers of the business."""
        self.check_token(call)
        return told({"data": [{"id": self.keys["phone_number_id"], "display_phone_number": self.keys["number"]}]})

    @route("POST", r"v\d+\.\d+/{business}/subscribed_apps")
    def subscribe(self, call: ApiCall, business: str) -> ApiAnswer:
        """Let the app hear of the business."""
        self.check_token(call)
        return self.done()

    @route("GET", r"v\d+\.\d+/{business}/subscribed_apps")
    def subscribed(self, call: ApiCall, business: str) -> ApiAnswer:
        """Which apps hear of the business."""
        self.check_token(call)
        return told({"data": [{"whatsapp_business_api_data": {"id": self.keys["app_id"], "name": "Desk"}}]})

    @route("GET", r"v\d+\.\d+/debug_token")
    def debug_token(self, call: ApiCall) -> ApiAnswer:
        """What a token may do."""
        is_valid = call.query.get("input_token") == self.keys["access_token"]
        return told({"data": {"is_valid": is_valid, "app_id": self.keys["app_id"], "expires_at": 0}})
