"""A customer's own system that speaks Standard Webhooks with the desk, in both directions."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, json_hook, refuse, signed, told
from channels_app.simulator.world import DELIVERED, FAILED, READ, SENT, Contact, Message

TOLERANCE = 300


class Generic(Provider):
    """An app with its own users."""

    kind = "generic"
    quotes = True
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.REACT, Act.EDIT, Act.DELETE, Act.TYPE, Act.READ, Act.END, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({SENT, DELIVERED, READ, FAILED})

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {name: _new_secret() for name in ("secret", "outgoing_secret")}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {"url": f"{self.account.base}/receiver/events", "sends_typing": True, "sends_read": True}
        config |= {"trusts_identities": True}
        return config, {name: self.keys[name] for name in ("secret", "outgoing_secret")}

    def address_of(self, human: Human) -> str:
        return f"ext-user-{human.number}"

    def new_id(self) -> str:
        return f"ext-msg-{self.account.token[:4]}-{self.world.number()}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing))

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file = self.uploaded(doing.upload)
        one = {"id": file.key, "url": self.media_url(file), "filename": file.name, "content_type": file.content_type}
        one |= {"size": len(file.content), "sha256": hashlib.sha256(file.content).hexdigest()}  # type: ignore[dict-item]
        said = self.written(doing, kind=doing.upload.role.value, file=file)
        yield self._message(said, [one])

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        said = self.change(doing.target, text=doing.text, is_edited=True)
        yield {**self._message(said), "type": "message.updated"}

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        yield self._event("message.deleted", {"id": doing.target, **self._who(doing.address)})

    def on_react(self, doing: Doing) -> Iterable[Event]:
        was = self.message(doing.target).reaction
        self.change(doing.target, reaction=doing.emoji)
        name = "reaction.added" if doing.emoji else "reaction.removed"
        about = {"message_id": doing.target, "emoji": doing.emoji or was}
        yield self._event(name, {**about, **self._who(doing.address)})

    def on_type(self, doing: Doing) -> Iterable[Event]:
        yield self._event("typing.started" if doing.is_on else "typing.stopped", self._who(doing.address))

    def on_read(self, doing: Doing) -> Iterable[Event]:
        for message in self.read_up_to(doing.address):
            yield from self.receipt(message, READ)

    def on_end(self, doing: Doing) -> Iterable[Event]:
        yield self._event("conversation.closed", self._who(doing.address))

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._event("hologram.shown", {"id": "1"})

    def _message(self, said: Message, attachments: list[Event] | None = None) -> Event:
        content = {"type": "text", "text": said.text, "attachments": attachments or []}
        quoted = {"reply_to": said.quoted} if said.quoted else {}
        data = {"id": said.id, **self._who(said.address), "content": content, "sent_at": said.at, **quoted}
        return self._event("message.created", data)

    def _who(self, address: str) -> Event:
        contact = self.contact(address)
        return {"conversation": {"id": f"ext-conv-{address}"}, "contact": {"id": address, "name": contact.name}}

    def _event(self, name: str, data: Event) -> Event:
        return {"type": name, "timestamp": timezone.now().isoformat(), "data": data}

    def hook(self, event: Event) -> Hook:
        return self.anything(event)

    def anything(self, body: Any) -> Hook:
        hook, key, at = json_hook(body, path="events"), f"msg_{signing.token()[:20]}", str(signing.seconds())
        signature = _sign(self.keys["secret"], key, at, hook.body)
        return signed(hook, webhook_id=key, webhook_timestamp=at, webhook_signature=signature)

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        error = {"code": "gone", "message": "No such user", "permanent": True}
        trouble = {"error": error} if state == FAILED else {}
        yield self._event("message.status", {"message_id": message.id, "status": state, **trouble})

    # ── The receiver ─────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", "events")
    def receive(self, call: ApiCall) -> ApiAnswer:
        """Take what the desk sends; the same id again is taken as the same message."""
        key, at = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
        expected = _sign(self.keys["outgoing_secret"], key, at, call.body)
        is_fresh = at.isdigit() and abs(signing.seconds() - int(at)) <= TOLERANCE
        if self.is_refusing or not is_fresh or expected not in call.headers.get("webhook-signature", "").split():
            raise refuse({"error": "bad signature"}, 401)
        if self.account.faults.closed_window:
            raise refuse({"error": {"code": "closed", "message": "The conversation is closed", "permanent": True}}, 422)
        return self._taken(call.json, key)

    def _taken(self, event: Event, key: str) -> ApiAnswer:
        data = event.get("data") or {}
        if event.get("type") != "message.created":
            self.typing_to(str(picked(data, "contact", "id") or "") if "typing" in str(event) else "")
            return told({"accepted": True}, 202)
        done = self.world.notes.setdefault("done", {})
        if key not in done:
            contact = self._recipient(data)
            content = data.get("content") or {}
            files = content.get("attachments") or []
            columns = {"text": str(content.get("text", "")), "quoted": str(data.get("reply_to") or "")}
            columns["key"] = str(data.get("id", ""))
            notes = {"links": [one.get("url") for one in files]}
            done[key] = self.take(contact, notes=notes, kind="file" if files else "text", **columns).id
        return told({"id": done[key]}, 202)

    def _recipient(self, data: Event) -> Contact:
        contact = self.world.contact(str(picked(data, "contact", "id") or ""))
        if contact is None:
            raise refuse({"error": {"code": "unknown_contact", "message": "No such user"}}, 422)
        return contact


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(signing.token()[:32].encode()).decode()}"


def _sign(secret: str, key: str, at: str, body: bytes) -> str:
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{signing.base64_hmac(raw, f'{key}.{at}.'.encode() + body)}"
