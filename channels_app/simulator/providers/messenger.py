"""Facebook Messenger: one Page and the people who write to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, picked, route
from channels_app.simulator.providers.meta import Meta, graph_error
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import DELIVERED, READ, Contact, File, Message

DAY = 24 * 3600
WEEK = 7 * DAY
NAMES = {"❤": "love", "😆": "smile", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike"}
DEAD_TAGS = {"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"}
FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "message_edits",
    "messaging_referrals",
    "messaging_handovers",
    "messaging_seen",
    "standby",
    "feed",
    "comments",
)
ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}


class Messenger(Meta):
    """One Page."""

    kind = "messenger"
    quotes = True
    object_name: ClassVar[str] = "page"
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.REACT, Act.EDIT, Act.TAP, Act.READ, Act.OUTSIDE, Act.COMMENT, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({DELIVERED, READ})
    window: ClassVar[float | None] = DAY
    bounces_at_once = True
    most_text: ClassVar[int] = 2000
    files: ClassVar[frozenset[str]] = frozenset({"image", "video", "audio", "file"})

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {**super().new_keys(), "page_id": "110203040506070"}

    @property
    def own_id(self) -> str:
        return str(self.keys["page_id"])

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {name: self.keys[name] for name in ("access_token", "app_secret")}
        return {"page_id": self.own_id}, secrets

    def address_of(self, human: Human) -> str:
        return human.numeral(self.account.token, 16)

    def new_id(self) -> str:
        return f"m_{self.account.token[:6]}{self.world.number():012d}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), text=doing.text)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file, role = self.uploaded(doing.upload), doing.upload.role.value
        said = self.written(doing, kind=role, file=file)
        attachment = {"type": role, "payload": {"url": self.media_url(file)}}
        yield self._message(said, attachments=[attachment], **({"text": doing.text} if doing.text else {}))

    def on_react(self, doing: Doing) -> Iterable[Event]:
        was = self.message(doing.target).reaction
        self.acted(doing.address)
        self.change(doing.target, reaction=doing.emoji)
        emoji = doing.emoji or was
        said = {"mid": doing.target, "action": "react" if doing.emoji else "unreact"}
        said |= {"reaction": NAMES.get(emoji.strip("\ufe0f"), "other"), "emoji": emoji} if doing.emoji else {}
        yield self._event(doing.address, reaction=said)

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        said = self.message(doing.target)
        count = said.notes.get("edits", 0) + 1
        self.change(doing.target, text=doing.text, is_edited=True, notes={**said.notes, "edits": count})
        edit = {"mid": doing.target, "text": doing.text, "num_edit": count}
        yield self._event(doing.address, message_edit=edit)

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        yield self._message(said, text=doing.text, quick_reply={"payload": doing.choice})

    def on_read(self, doing: Doing) -> Iterable[Event]:
        if unread := self.read_up_to(doing.address):
            yield from self.receipt(unread[-1], READ)

    def on_outside(self, doing: Doing) -> Iterable[Event]:
        """Somebody answers from the Page's own inbox."""
        said = self.world.keep(Message(self.new_id(), doing.address, is_theirs=False, text=doing.text))
        yield self._echo(said)

    def on_comment(self, doing: Doing) -> Iterable[Event]:
        """A public comment below a post."""
        said = self.written(doing, kind="comment")
        contact = self.contact(doing.address)
        value = {
            "item": "comment",
            "verb": "add",
            "comment_id": f"{self.own_id}_{said.id[2:]}",
            "post_id": f"{self.own_id}_1",
            "parent_id": f"{self.own_id}_1",
            "from": {"id": doing.address, "name": contact.name},
            "message": doing.text,
            "created_time": said.seconds,
        }
        yield {"changes": [{"field": "feed", "value": value}]}

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._event(doing.address, hologram={"id": "1"})

    def _message(self, said: Message, **content: Any) -> Event:
        quoted = {"reply_to": {"mid": said.quoted}} if said.quoted else {}
        return self._event(said.address, at=said.milliseconds, message={"mid": said.id, **content, **quoted})

    def _echo(self, said: Message, **more: Any) -> Event:
        """What the Page said, told to everybody who listens: by the desk, or by other means."""
        message: Event = {"mid": said.id, "is_echo": True, "text": said.text, **more}
        ends = {"sender": {"id": self.own_id}, "recipient": {"id": said.address}}
        return {**ends, "timestamp": said.milliseconds, "message": message}

    def _event(self, address: str, *, at: int = 0, **content: Any) -> Event:
        ends = {"sender": {"id": address}, "recipient": {"id": self.own_id}}
        return {**ends, "timestamp": at or signing.milliseconds(), **content}

    def pack(self, events: Sequence[Event]) -> list[Hook]:
        """One request; each event in an entry of its own, since an entry holds one alone."""
        if not events:
            return []
        entries = [self._entry(event) for event in events]
        return [self.sign({"object": self.object_name, "entry": entries})]

    def _entry(self, event: Event) -> Event:
        about = {"id": self.own_id, "time": signing.milliseconds()}
        return {**about, **event} if "changes" in event else {**about, "messaging": [event]}

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        if state == DELIVERED:
            yield self._event(message.address, delivery={"mids": [message.id], "watermark": message.milliseconds})
        elif state == READ:
            yield self._event(message.address, read={"watermark": signing.milliseconds()})

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", r"v\d+\.\d+/{owner}/messages")
    def send(self, call: ApiCall, owner: str) -> ApiAnswer:
        """Send a message or an action to one person."""
        self.check_token(call)
        self._check_owner(owner)
        asked = call.json or dict(call.form)
        if "comment_id" in (asked.get("recipient") or {}):
            return self._private_reply(asked)
        contact = self._recipient(asked)
        if action := asked.get("sender_action"):
            return self._act(str(action), asked, contact)
        self._check_window(asked, contact)
        said = asked.get("message") or {}
        columns = {"quoted": str(picked(asked, "reply_to", "mid") or ""), "key": str(said.get("metadata", ""))}
        message = self.take(contact, **columns, **self._content(said))
        self.told.append(self._echo(message, app_id=int(self.keys["app_id"]), metadata=message.key))
        return told({"recipient_id": contact.address, "message_id": message.id})

    def _check_owner(self, owner: str) -> None:
        if owner not in (self.own_id, "me"):
            raise graph_error(100, "Unsupported post request. Object does not exist", 400, error_subcode=33)

    def _recipient(self, asked: Event) -> Contact:
        contact = self.world.contact(str(picked(asked, "recipient", "id") or ""))
        if contact is None:
            raise graph_error(100, "(#100) No matching user found", 400, error_subcode=2018001)
        if self.account.faults.bounce:
            raise graph_error(551, "(#551) This person isn't available right now.", 400, error_subcode=1545041)
        return contact

    def _check_window(self, asked: Event, contact: Contact) -> None:
        tag = asked.get("tag")
        if tag in DEAD_TAGS:
            raise graph_error(100, "(#100) This message tag is no longer supported")
        is_tagged = asked.get("messaging_type") == "MESSAGE_TAG" and tag == "HUMAN_AGENT"
        reach = WEEK if is_tagged else self.window or DAY
        if self.account.faults.closed_window or contact.seconds_since() > reach:
            words = "(#10) This message is sent outside of allowed window."
            raise graph_error(10, words, 400, error_subcode=2018278)

    def _content(self, said: Event) -> dict[str, Any]:
        text = str(said.get("text", ""))
        if self.length(text) > self.most_text:
            raise graph_error(
                100, f"(#100) Length of param message[text] must be less than or equal to {self.most_text}"
            )
        if len(str(said.get("metadata", ""))) > 1000:
            raise graph_error(100, "(#100) Length of param message[metadata] must be less than or equal to 1000")
        quick = said.get("quick_replies") or []
        if len(quick) > 13 or any(not 0 < len(str(one.get("title", ""))) <= 20 for one in quick):
            raise graph_error(100, "(#100) Param message[quick_replies] is not valid")
        choices = [(str(one.get("payload", "")), str(one["title"])) for one in quick]
        if attachment := said.get("attachment"):
            return {"text": text, "choices": choices, **self._attached(attachment)}
        if not text:
            raise graph_error(100, "(#100) param message must be non-empty.")
        return {"text": text, "choices": choices}

    def length(self, text: str) -> int:
        return len(text)

    def _attached(self, attachment: Event) -> dict[str, Any]:
        kind, url = attachment.get("type"), str(picked(attachment, "payload", "url") or "")
        file = self.world.file(str(picked(attachment, "payload", "attachment_id") or ""))
        if kind not in self.files:
            raise graph_error(100, "(#100) Param message[attachment][type] must be one of the known types")
        if file is None and not url.startswith(("https://", "http://")):
            raise graph_error(100, "(#100) Upload attachment failure.", 400, error_subcode=2018008)
        return {"kind": kind, "files": [file.key] if file else [], "notes": {"link": url}}

    def _act(self, action: str, asked: Event, contact: Contact) -> ApiAnswer:
        if action not in ACTIONS or "message" in asked:
            raise graph_error(100, "(#100) Param sender_action must be one of the known actions")
        if action in ("react", "unreact"):
            key = str(picked(asked, "payload", "message_id"))
            if self.world.message(key) is None:
                raise graph_error(100, "(#100) Invalid message id")
            self.change(key, our_reaction=str(picked(asked, "payload", "reaction") or "") if action == "react" else "")
        elif action == "mark_seen":
            for said in self.world.thread(contact.address):
                if said.is_theirs:
                    self.change(said.id, state=READ)
        else:
            self.typing_to(contact.address if action == "typing_on" else "")
        return told({"recipient_id": contact.address})

    def _private_reply(self, asked: Event) -> ApiAnswer:
        text = str(picked(asked, "message", "text") or "")
        comment = str(picked(asked, "recipient", "comment_id"))
        said = self.world.message(f"m_{comment.rpartition('_')[2]}") or self.world.message(comment)
        if said is None:
            raise graph_error(100, "(#100) Invalid comment id")
        message = self.take(self.contact(said.address), text=text)
        return told({"recipient_id": said.address, "message_id": message.id})

    @route("POST", r"v\d+\.\d+/{comment}/(?:comments|replies)")
    def comment(self, call: ApiCall, comment: str) -> ApiAnswer:
        """Answer a comment in public."""
        self.check_token(call)
        said = self.world.message(f"m_{comment.rpartition('_')[2]}") or self.world.message(comment)
        if said is None:
            return self.unknown_path(call)
        text = str(call.json.get("message") or call.form.get("message") or call.query.get("message", ""))
        message = self.take(self.contact(said.address), kind="comment", text=text)
        return told({"id": f"{self.own_id}_{message.id[2:]}"})

    @route("POST", r"v\d+\.\d+/{owner}/message_attachments")
    def upload(self, call: ApiCall, owner: str) -> ApiAnswer:
        """Keep a file that is sent later."""
        self.check_token(call)
        part = next(iter(call.parts.values()), None)
        if part is None:
            raise graph_error(100, "(#100) Upload attachment failure.", 400, error_subcode=2018008)
        key = str(10**15 + self.world.number())
        self.world.keep_file(File(key, part.name, part.content_type, part.content))
        return told({"attachment_id": key})

    @route("GET", r"v\d+\.\d+/{key}")
    def show(self, call: ApiCall, key: str) -> ApiAnswer:
        """The Page itself, or a person."""
        self.check_token(call)
        if key in (self.own_id, "me"):
            return told({"id": self.own_id, "name": "Moment Store", "user_id": self.own_id, "username": "moment"})
        contact = self.world.contact(key)
        return told(self._profile(contact)) if contact else self.unknown_path(call)

    def _profile(self, contact: Contact) -> Event:
        first, _, last = contact.name.partition(" ")
        return {"id": contact.address, "first_name": first, "last_name": last, "name": contact.name}

    @route("POST", r"v\d+\.\d+/{owner}/subscribed_apps")
    def subscribe(self, call: ApiCall, owner: str) -> ApiAnswer:
        """Let the app hear of the Page."""
        self.check_token(call)
        given = {**call.query, **(call.json or call.form)}.get("subscribed_fields", "")
        self.world.notes["subscribed"] = given if isinstance(given, list) else str(given).split(",")
        return self.done()

    @route("GET", r"v\d+\.\d+/{owner}/subscribed_apps")
    def subscribed(self, call: ApiCall, owner: str) -> ApiAnswer:
        """Which apps hear of the Page."""
        self.check_token(call)
        fields = self.world.notes.get("subscribed", list(FIELDS))
        return told({"data": [{"id": self.keys["app_id"], "subscribed_fields": fields}]})
