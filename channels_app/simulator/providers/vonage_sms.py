"""Vonage's SMS interface: long texts arrive in parts, parameters are signed, refusals come with status 200."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, form_hook, told
from channels_app.simulator.world import DELIVERED, FAILED, Contact, Message

PART_LENGTH, MOST_REF, MOST_TEXT = 67, 100, 3200


class VonageSms(Provider):
    """One number."""

    kind = "vonage_sms"
    acts = frozenset({Act.TEXT, Act.ODD})
    reports = frozenset({DELIVERED, FAILED})
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        secret = {"api_secret": signing.token()[:16], "signature_secret": signing.token()[:32]}
        return {"api_key": "abcd1234", **secret, "number": "447700900000", "method": "sha256"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {"api_key": self.keys["api_key"], "sender": self.keys["number"], "algorithm": "sha256"}
        return config, {name: self.keys[name] for name in ("api_secret", "signature_secret")}

    def address_of(self, human: Human) -> str:
        return human.digits

    def new_id(self) -> str:
        return f"0A{signing.token()[:10].upper()}{self.world.number():06X}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing)
        parts = [doing.text[at : at + PART_LENGTH] for at in range(0, len(doing.text), PART_LENGTH)] or [""]
        if len(parts) == 1:
            yield self._part(said, said.id, doing.text)
            return
        reference = str(self.world.number())
        for number, text in enumerate(parts, start=1):
            about = {"concat": "true", "concat-ref": reference, "concat-total": str(len(parts))}
            yield self._part(said, self.new_id(), text, **about, **{"concat-part": str(number)})

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing)
        yield {**self._part(said, said.id, ""), "type": "binary", "data": "0A0B", "udh": "060504"}

    def _part(self, said: Message, key: str, text: str, **more: str) -> Event:
        ends = {"msisdn": said.address, "to": self.keys["number"], "messageId": key}
        keyword = text.split()[0].upper() if text.split() else ""
        when = {"message-timestamp": f"{timezone.now():%Y-%m-%d %H:%M:%S}"}
        kind = "text" if text.isascii() else "unicode"
        return {**ends, "text": text, "type": kind, "keyword": keyword, **when, **more}

    def hook(self, event: Event) -> Hook:
        fields = {**event, "timestamp": str(signing.seconds()), "nonce": signing.token()[:16], "api-key": "abcd1234"}
        words = "".join(f"&{name}={_neutral(fields[name])}" for name in sorted(fields))
        fields["sig"] = signing.hex_hmac(self.keys["signature_secret"], words.encode(), self.keys["method"])
        return form_hook(fields)

    def anything(self, body: Any) -> Hook:
        return self.hook({"json": str(body)} if not isinstance(body, dict) else {k: str(v) for k, v in body.items()})

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        word, code = ("delivered", "0") if state == DELIVERED else ("failed", "1")
        ends = {"msisdn": message.address, "to": self.keys["number"], "messageId": message.id}
        when = {"scts": f"{timezone.now():%y%m%d%H%M}", "message-timestamp": f"{timezone.now():%Y-%m-%d %H:%M:%S}"}
        key = {"client-ref": message.key} if message.key else {}
        yield {**ends, "network-code": "45005", "price": "0.03", "status": word, "err-code": code, **when, **key}

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return _no("1", "Throughput Rate Exceeded - please wait [ 250 ] and retry")

    def broken(self) -> ApiAnswer:
        return _no("5", "Internal Error")

    @route("POST", "sms/json")
    def send(self, call: ApiCall) -> ApiAnswer:
        """Send a text; each part has a status of its own."""
        asked = call.json if call.content_type.startswith("application/json") else call.form
        if self.is_refusing or not self._is_let_in(call, asked):
            return _no("4", "Bad Credentials")
        to, text = str(asked.get("to", "")), str(asked.get("text", ""))
        if not to or not asked.get("from"):
            return _no("2", "Missing to param")
        if not to.isdigit() or not 7 <= len(to) <= 15:
            return _no("3", "Invalid to address")
        if not text or len(str(asked.get("client-ref", ""))) > MOST_REF:
            return _no("3", "Invalid text")
        if len(text) > MOST_TEXT:
            return _no("12", "Message too long")
        if not text.isascii() and asked.get("type") != "unicode":
            # Signs that GSM does not know come out as question marks unless unicode is asked for.
            text = text.encode("ascii", "replace").decode()
        contact = self.world.contact(to) or self.world.keep_contact(Contact(to, phone=f"+{to}"))
        message = self.take(contact, text=text, key=str(asked.get("client-ref", "")))
        sent = {"to": to, "message-id": message.id, "status": "0", "remaining-balance": "10.0", "message-price": "0.03"}
        return told({"message-count": "1", "messages": [{**sent, "network": "45005", "client-ref": message.key}]})

    def _is_let_in(self, call: ApiCall, asked: Any) -> bool:
        own = (self.keys["api_key"], self.keys["api_secret"])
        if call.basic == own or (asked.get("api_key"), asked.get("api_secret")) == own:
            return True
        fields = {name: str(value) for name, value in asked.items() if name != "sig"}
        words = "".join(f"&{name}={_neutral(fields[name])}" for name in sorted(fields))
        signature = signing.hex_hmac(self.keys["signature_secret"], words.encode(), self.keys["method"])
        return bool(asked.get("sig")) and str(asked["sig"]).lower() == signature

    @route("GET", "account/get-balance")
    def balance(self, call: ApiCall) -> ApiAnswer:
        """What is left to spend."""
        if self.is_refusing or not self._is_let_in(call, call.query):
            return told({"error-code": "401", "error-code-label": "authentication failed"}, 401)
        return told({"value": 10.0, "autoReload": False})


def _neutral(value: object) -> str:
    return str(value).replace("&", "_").replace("=", "_")


def _no(status: str, words: str) -> ApiAnswer:
    return told({"message-count": "1", "messages": [{"status": status, "error-text": words}]})
