"""Vonage Voice: a call walks through the NCCO that the desk answers with."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, picked, route
from channels_app.simulator.providers.vonage_app import VonageApp, problem
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import FAILED, SENT, Contact, File, Message


class VonageVoice(VonageApp):
    """One number that people call."""

    kind = "vonage_voice"
    acts = frozenset({Act.CALL, Act.PRESS, Act.RECORD, Act.HANG_UP})
    reports = frozenset({SENT, FAILED})
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {**super().new_keys(), "number": "447700900000"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {name: self.keys[name] for name in ("api_key", "application_id")}
        config |= {"sender": self.keys["number"], "language": "ko"}
        return config, {name: self.keys[name] for name in ("private_key", "signature_secret")}

    def address_of(self, human: Human) -> str:
        return human.digits

    def new_id(self) -> str:
        self.world.number()
        return str(uuid.uuid4())

    def adopt(self, handover: Sequence[str]) -> None:
        """The answer address and the event address, as they are copied into the application."""
        own = [one.removeprefix(self.account.hook_url) for one in handover if one.startswith(self.account.hook_url)]
        self.world.notes["answer"], self.world.notes["event"] = (*own, "", "")[:2]

    # ── Callers ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_call(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="call")
        self._call(doing.address, uuid=said.id, began=signing.seconds(), gather="", record="")
        yield self._event(doing.address, "started")
        yield self._event(doing.address, "ringing")
        yield {
            "_path": self.world.notes.get("answer", ""),
            **self._who(doing.address),
            "conversation_uuid": f"CON-{said.id}",
        }
        yield self._event(doing.address, "answered")

    def on_press(self, doing: Doing) -> Iterable[Event]:
        """A digit where the desk waits for one."""
        if url := self.call_of(doing.address).get("gather"):
            digits = {"dtmf": {"digits": doing.text, "timed_out": False}}
            yield {"_url": url, **digits, **self._who(doing.address), "timestamp": timezone.now().isoformat()}

    def on_record(self, doing: Doing) -> Iterable[Event]:
        """They speak after the tone and hang up."""
        call, upload = self.call_of(doing.address), doing.upload
        if not call.get("record") or upload is None:
            return
        file = self.world.keep_file(File(self.new_id(), "voicemail.mp3", upload.content_type, upload.content))
        now = timezone.now().isoformat()
        about = {"recording_url": f"{self.account.base}/api/v1/files/{file.key}", "recording_uuid": file.key}
        times = {"start_time": now, "end_time": now, "timestamp": now, "size": len(upload.content)}
        yield {"_url": call["record"], **about, **times, **self._who(doing.address)}
        yield from self.on_hang_up(doing)

    def on_hang_up(self, doing: Doing) -> Iterable[Event]:
        call = self.call_of(doing.address)
        if call.get("uuid"):
            seconds = str(max(1, signing.seconds() - call["began"]))
            yield self._event(doing.address, "completed", duration=seconds, rate="0.0", price="0.0", network="45005")
            self._call(doing.address, uuid="", gather="", record="")

    def call_of(self, address: str) -> dict[str, Any]:
        """The call under way, with what the desk waits for."""
        return dict(self.contact(address).notes.get("call") or {})

    def _call(self, address: str, **facts: Any) -> None:
        contact = self.contact(address)
        contact.notes["call"] = {**(contact.notes.get("call") or {}), **facts}
        self.world.keep_contact(contact)

    def _who(self, address: str) -> Event:
        key = self.call_of(address).get("uuid", "")
        ends = {"from": address, "to": self.keys["number"]}
        return {**ends, "uuid": key, "conversation_uuid": f"CON-{key}"}

    def _event(self, address: str, status: str, **facts: Any) -> Event:
        about = {"status": status, "direction": "inbound", "timestamp": timezone.now().isoformat()}
        return {"_path": self.world.notes.get("event", ""), **self._who(address), **about, **facts}

    def hook(self, event: Event) -> Hook:
        body = {name: value for name, value in event.items() if not name.startswith("_")}
        url = event.get("_url", "")
        path, _, query = url.removeprefix(self.account.hook_url).partition("?")
        hook = self.sign(body, path=path or event.get("_path", ""))
        return Hook(hook.body, hook.headers, hook.content_type, hook.method, hook.path, query)

    def heard(self, hook: Hook, answer: ApiAnswer) -> None:
        """Follow the NCCO: what is said appears on the phone, what is waited for is noted."""
        try:
            actions, asked = json.loads(answer.body or b"null"), json.loads(hook.body or b"{}")
        except ValueError:
            return
        address = str(asked.get("from", ""))
        if isinstance(actions, list) and self.world.contact(address) is not None:
            self._follow(address, actions)

    def _follow(self, address: str, actions: list[Event]) -> None:
        waits = {"gather": "", "record": ""}
        for one in actions:
            name, url = one.get("action"), str(picked(one, "eventUrl", 0) or "")
            if name == "talk":
                self._says(address, str(one.get("text", "")))
            elif name == "input":
                waits["gather"] = url
            elif name == "record":
                waits["record"] = url
            elif name in ("connect", "conversation"):
                self._says(address, "☎ …")
        self._call(address, **waits)

    def _says(self, address: str, text: str) -> None:
        self.world.keep(Message(f"say-{self.world.number()}", address, is_theirs=False, kind="call", text=text))

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        """How far a call that the desk placed is."""
        status = "failed" if state == FAILED else "completed"
        ends = {"to": message.address, "from": self.keys["number"], "uuid": message.id, "direction": "outbound"}
        about = {"status": status, "timestamp": timezone.now().isoformat(), "duration": "12"}
        yield {"_url": message.notes.get("callback", ""), "_path": self.world.notes.get("event", ""), **ends, **about}

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", "v1/calls/?")
    def place_call(self, call: ApiCall) -> ApiAnswer:
        """Ring somebody."""
        self.check_token(call)
        number = str(picked(call.json, "to", 0, "number") or "")
        if not number.isdigit() or not (call.json.get("ncco") or call.json.get("answer_url")):
            raise problem("Bad Request", "Invalid call", 400)
        contact = self.world.contact(number) or self.world.keep_contact(Contact(number, phone=f"+{number}"))
        notes = {"callback": str(picked(call.json, "event_url", 0) or "")}
        message = self.take(contact, kind="call", text="☎", notes=notes)
        about = {"uuid": message.id, "status": "started", "direction": "outbound"}
        return told({**about, "conversation_uuid": f"CON-{message.id}"}, 201)

    @route("PUT", "v1/calls/{key}")
    def change_call(self, call: ApiCall, key: str) -> ApiAnswer:
        """Hang up, mute or go elsewhere."""
        self.check_token(call)
        return ApiAnswer(204)

    @route("GET", "v1/files/{key}")
    def recording(self, call: ApiCall, key: str) -> ApiAnswer:
        """What was recorded."""
        self.check_token(call)
        file = self.world.file(key)
        return ApiAnswer(200, file.content, file.content_type) if file else self.unknown_path(call)

    @route("GET", "v2/applications/{key}")
    def application(self, call: ApiCall, key: str) -> ApiAnswer:
        """The application itself."""
        return told({"id": key, "name": "Moment Store", "capabilities": {"voice": {"signed_callbacks": True}}})
