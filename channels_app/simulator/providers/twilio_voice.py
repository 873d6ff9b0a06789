"""Twilio Voice: a call walks through the TwiML that the desk answers with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.provider import Event, route
from channels_app.simulator.providers.twilio import Twilio, no
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, told
from channels_app.simulator.world import FAILED, SENT, File, Message

SPOKEN = {"Say", "Play"}


class TwilioVoice(Twilio):
    """One number that people call."""

    kind = "twilio_voice"
    acts = frozenset({Act.CALL, Act.PRESS, Act.RECORD, Act.HANG_UP})
    roles = frozenset()
    reports = frozenset({SENT, FAILED})

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {"account_sid": self.keys["account_sid"], "sender": self.keys["number"], "language": "ko"}
        return config, {"auth_token": self.keys["auth_token"]}

    def new_id(self) -> str:
        return f"CA{signing.token()[:24]}{self.world.number():08d}"

    # ── Callers ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_call(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="call")
        self._call(doing.address, sid=said.id, step="", began=signing.seconds(), number=0)
        yield self._news(doing.address, CallStatus="ringing")

    def on_press(self, doing: Doing) -> Iterable[Event]:
        """A digit, or a word, where the desk waits for one."""
        call = self.call_of(doing.address)
        url = call.get("gather") or call.get("record") or ""
        if url:
            yield self._news(doing.address, url=url, CallStatus="in-progress", Digits=doing.text)

    def on_record(self, doing: Doing) -> Iterable[Event]:
        """They speak after the tone and hang up."""
        call, upload = self.call_of(doing.address), doing.upload
        if not call.get("record") or upload is None:
            return
        file = self.world.keep_file(File(self._recording_id(), "voicemail.mp3", upload.content_type, upload.content))
        account = self.keys["account_sid"]
        url = f"{self.account.base}/api/2010-04-01/Accounts/{account}/Recordings/{file.key}"
        about = {"RecordingSid": file.key, "RecordingUrl": url, "RecordingDuration": "7"}
        yield self._news(doing.address, url=call["record"], CallStatus="in-progress", Digits="hangup", **about)
        if done := call.get("recorded"):
            status = {"RecordingStatus": "completed", "RecordingChannels": "1", "RecordingSource": "RecordVerb"}
            yield self._news(doing.address, url=done, CallStatus="completed", **about, **status)
        yield from self.on_hang_up(doing)

    def on_hang_up(self, doing: Doing) -> Iterable[Event]:
        call = self.call_of(doing.address)
        if not call.get("sid"):
            return
        # Since October 2024 a call that ends before it was answered is no-answer, not canceled.
        state = "completed" if call.get("was_answered") else "no-answer"
        duration = str(max(1, signing.seconds() - call["began"])) if call.get("was_answered") else "0"
        number = {"SequenceNumber": "2", "CallbackSource": "call-progress-events"}
        yield self._news(doing.address, url=self.status_url, CallStatus=state, CallDuration=duration, **number)
        self._call(doing.address, sid="")

    def _recording_id(self) -> str:
        return f"RE{signing.token()[:24]}{self.world.number():08d}"

    def call_of(self, address: str) -> dict[str, Any]:
        """The call under way, with what the desk waits for."""
        return dict(self.contact(address).notes.get("call") or {})

    def _call(self, address: str, **facts: Any) -> None:
        contact = self.contact(address)
        contact.notes["call"] = {**(contact.notes.get("call") or {}), **facts}
        self.world.keep_contact(contact)

    def _news(self, address: str, *, url: str = "", **facts: str) -> Event:
        sid = self.call_of(address)["sid"]
        ends = {"From": address, "To": self.keys["number"], "Caller": address, "Called": self.keys["number"]}
        about = {"CallSid": sid, "AccountSid": self.keys["account_sid"], "ApiVersion": "2010-04-01"}
        return {"url": url or self.answer_url, **about, **ends, "Direction": "inbound", **facts}

    @property
    def answer_url(self) -> str:
        """What an admin enters as “A call comes in”."""
        return self.account.hook_url

    @property
    def status_url(self) -> str:
        """What an admin enters as the address of status changes."""
        return f"{self.account.hook_url}status/"

    def hook(self, event: Event) -> Hook:
        event = dict(event)
        return super().hook({**event, "url": event.get("url") or self.answer_url})

    def heard(self, hook: Hook, answer: ApiAnswer) -> None:
        """Follow the TwiML: what is said appears on the phone, what is waited for is noted."""
        fields = ApiCall("POST", "", headers={"content-type": hook.content_type}, body=hook.body).form
        address = fields.get("From", "")
        if "xml" not in answer.content_type or self.world.contact(address) is None:
            return
        try:
            document = ElementTree.fromstring(answer.body)  # noqa: S314  (the desk's own words)
        except ElementTree.ParseError:
            return
        self._follow(address, document, hook.address(self.account.hook_url))

    def _follow(self, address: str, document: ElementTree.Element, here: str) -> None:
        waits: dict[str, Any] = {"gather": "", "record": "", "recorded": "", "was_answered": len(document) > 0}
        for verb in document.iter():
            if verb.tag in SPOKEN:
                self._says(address, verb.text or "")
            elif verb.tag == "Gather":
                waits["gather"] = waits["gather"] or urljoin(here, verb.get("action", ""))
            elif verb.tag == "Record":
                waits["record"] = urljoin(here, verb.get("action", ""))
                later = verb.get("recordingStatusCallback", "")
                waits["recorded"] = urljoin(here, later) if later else ""
            elif verb.tag in ("Dial", "Enqueue"):
                self._says(address, "☎ …")
        self._call(address, **waits)

    def _says(self, address: str, text: str) -> None:
        key = f"say-{self.world.number()}"
        self.world.keep(Message(key, address, is_theirs=False, kind="call", text=text.strip()))

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    @route("POST", r"2010-04-01/Accounts/{account}/Calls\.json")
    def place_call(self, call: ApiCall, account: str) -> ApiAnswer:
        """Ring somebody."""
        self.check_login(call)
        asked = call.form
        contact = self._recipient(asked)
        if not (asked.get("Url") or asked.get("Twiml") or asked.get("ApplicationSid")):
            raise no(21205, "Url parameter is required.")
        message = self.take(contact, kind="call", text="☎", notes={"callback": asked.get("StatusCallback", "")})
        self._call(contact.address, sid=message.id, began=signing.seconds())
        facts = {"sid": message.id, "status": "queued", "to": contact.address, "from": self.keys["number"]}
        return told({**facts, "account_sid": account, "direction": "outbound-api"}, 201)

    @route("POST", r"2010-04-01/Accounts/{account}/Calls/{sid}\.json")
    def change_call(self, call: ApiCall, account: str, sid: str) -> ApiAnswer:
        """Hang up, or go on with other TwiML."""
        self.check_login(call)
        return told({"sid": sid, "status": call.form.get("Status", "in-progress")})

    @route("GET", r"2010-04-01/Accounts/{account}/Recordings/(?P<key>\w+)(?:\.mp3|\.wav)?")
    def recording(self, call: ApiCall, account: str, key: str) -> ApiAnswer:
        """What was recorded."""
        self.check_login(call)
        file = self.world.file(key)
        return ApiAnswer(200, file.content, "audio/mpeg") if file else self.unknown_path(call)

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        """How far a call that the desk placed is."""
        if not (url := message.notes.get("callback")):
            return
        status = "failed" if state == FAILED else "completed"
        ends = {"From": self.keys["number"], "To": message.address, "Direction": "outbound-api"}
        about = {"CallSid": message.id, "CallStatus": status, "CallDuration": "12", "Timestamp": f"{timezone.now():%c}"}
        yield {"url": url, "AccountSid": self.keys["account_sid"], **ends, **about}
