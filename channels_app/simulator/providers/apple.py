"""Apple Messages for Business, as a message service provider sees it."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, signed, told
from channels_app.simulator.world import Contact, File


def aes_ctr(content: bytes, key: str) -> bytes:
    """Encrypt or decrypt: 256 bits after a leading 00, counter from zero."""
    cipher = Cipher(algorithms.AES(bytes.fromhex(key)[1:]), modes.CTR(bytes(16))).encryptor()
    return cipher.update(content) + cipher.finalize()


def no(status: int, words: str = "") -> Refusal:
    """A bare status."""
    return Refusal(ApiAnswer(status, words.encode(), "text/plain"))


class Apple(Provider):
    """One business behind one provider."""

    kind = "apple"
    quotes = True
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.TYPE, Act.TAP, Act.END, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "msp_id": "7f2d3a1c-0000-4000-8000-000000000001",
            "api_secret": base64.b64encode(signing.token()[:32].encode()).decode(),
            "business_id": "a884eddf-0000-4000-8000-000000000002",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {"provider": "apple", "msp_id": self.keys["msp_id"], "business_id": self.keys["business_id"]}
        return config, {"api_secret": self.keys["api_secret"]}

    @property
    def secret(self) -> bytes:
        """Their secret is base64: what signs is what it stands for."""
        return base64.b64decode(self.keys["api_secret"])

    def address_of(self, human: Human) -> str:
        return f"urn:mbid:AQAAY{human.scoped(self.account.token, 40)}"

    def new_id(self) -> str:
        self.world.number()
        return str(uuid.uuid4())

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        self._reopen(doing.address)
        said = self.written(doing)
        quoted = {"replyToMessageId": said.quoted} if said.quoted else {}
        yield self._body(said.id, said.address, "text", body=doing.text, **quoted)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        self._reopen(doing.address)
        file = self.uploaded(doing.upload)
        said = self.written(doing, kind=doing.upload.role.value, file=file)
        key = f"00{os.urandom(32).hex()}"
        self.world.keep_file(File(f"enc-{file.key}", file.name, "application/octet-stream", aes_ctr(file.content, key)))
        attachment = {"name": file.name, "mimeType": file.content_type, "size": str(len(file.content)), "key": key}
        where = {"url": f"https://mmcs.example/{file.key}", "owner": "owner1", "signature": "81a2b3"}
        yield self._body(
            said.id, said.address, "text", body=f"\ufffc{doing.text}", attachments=[{**attachment, **where}]
        )

    def on_type(self, doing: Doing) -> Iterable[Event]:
        yield self._body(self.new_id(), doing.address, "typing_start" if doing.is_on else "typing_end")

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="choice")
        asked = self.world.message(doing.target)
        index = [key for key, _title in asked.choices].index(doing.choice) if asked else 0
        data: Event = {"version": "1.0", "requestIdentifier": asked.notes.get("request", "") if asked else ""}
        data |= {"replyMessage": {"title": doing.text}}
        data["quick-reply"] = {"selectedIndex": index, "selectedIdentifier": doing.choice}
        yield self._body(said.id, said.address, "interactive", interactiveData={"data": data})

    def on_end(self, doing: Doing) -> Iterable[Event]:
        """They delete the thread: nobody may write to them any more."""
        contact = self.contact(doing.address)
        contact.is_blocked = True
        self.world.keep_contact(contact)
        yield self._body(self.new_id(), doing.address, "close")

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._body(self.new_id(), doing.address, "hologram")

    def _reopen(self, address: str) -> None:
        contact = self.contact(address)
        contact.is_blocked = False
        self.world.keep_contact(contact)

    def _body(self, key: str, address: str, kind: str, **content: Any) -> Event:
        about = {"v": 1, "id": key, "type": kind, "sourceId": address, "destinationId": self.keys["business_id"]}
        return {**about, "locale": "ko_KR", "group": "support", "intent": "order", **content}

    def anything(self, body: Any) -> Hook:
        hook = self.hook({"id": self.new_id(), "sourceId": "urn:mbid:any", "destinationId": self.keys["business_id"]})
        return signed(json_hook(body, path="message"), **hook.headers)

    def hook(self, event: Event) -> Hook:
        headers = {
            "Authorization": f"Bearer {signing.hs256(self.secret, aud=self.keys['msp_id'])}",
            "id": event["id"],
            "source-id": event["sourceId"],
            "destination-id": event["destinationId"],
            "device-agent": "iPhone OS",
            "capability-list": "QUICK,LIST,TIME,FORM",
        }
        return signed(json_hook(event, path="message"), **headers)

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return ApiAnswer(429, b"", headers={"Retry-After": "30"})

    def broken(self) -> ApiAnswer:
        return ApiAnswer(503, b"")

    def check_token(self, call: ApiCall) -> None:
        if self.is_refusing or not signing.is_hs256(self.secret, call.bearer, iss=self.keys["msp_id"]):
            raise no(401)
        if call.headers.get("source-id") != self.keys["business_id"]:
            raise no(403)

    @route("POST", "v1/message")
    def send(self, call: ApiCall) -> ApiAnswer:
        """Send what is written, or that somebody writes; the answer has no body."""
        self.check_token(call)
        asked = call.json
        contact = self._recipient(call)
        key = call.headers.get("id", "")
        if asked.get("v") != 1 or asked.get("id") != key or asked.get("destinationId") != contact.address:
            raise no(400, "payload")
        kind = asked.get("type")
        if kind in ("typing_start", "typing_end"):
            self.typing_to(contact.address if kind == "typing_start" else "")
        elif self.world.message(key) is None:
            self.take(contact, id=key, **self._content(asked, str(kind)))
        return told(None, 200)

    def _recipient(self, call: ApiCall) -> Contact:
        contact = self.world.contact(call.headers.get("destination-id", ""))
        if contact is None:
            raise no(404)
        if contact.is_blocked or self.account.faults.closed_window or self.account.faults.bounce:
            raise no(410)
        return contact

    def _content(self, asked: Event, kind: str) -> dict[str, Any]:
        if kind == "text":
            files = [self._received(one) for one in asked.get("attachments") or []]
            text = str(asked.get("body", ""))
            if text.count("\ufffc") != len(files) or not text:
                raise no(400, "body")
            return {"text": text.replace("\ufffc", "").strip(), "files": files, "kind": "file" if files else "text"}
        if kind == "interactive":
            quick = picked(asked, "interactiveData", "data", "quick-reply") or {}
            choices = [(str(one["identifier"]), str(one["title"])) for one in quick.get("items") or []]
            if not 2 <= len(choices) <= 5:
                raise no(400, "interactiveData")
            request = str(picked(asked, "interactiveData", "data", "requestIdentifier") or "")
            return {"text": str(quick.get("summaryText", "")), "choices": choices, "notes": {"request": request}}
        raise no(400, "type")

    def _received(self, one: Event) -> str:
        """Decrypt what was uploaded with the key that the message carries."""
        stored = self.world.file(str(one.get("url", "")).rpartition("/")[2])
        if stored is None or one.get("signature-base64") != "Q2hlY2tzdW0=":
            raise no(400, "attachment")
        content = aes_ctr(stored.content, str(one["key"]))
        return self.world.keep_file(File(self.new_file_id(), str(one["name"]), str(one["mimeType"]), content)).key

    @route("GET", "v1/preDownload")
    def pre_download(self, call: ApiCall) -> ApiAnswer:
        """Where a customer's encrypted file is."""
        self.check_token(call)
        key = call.headers.get("url", "").rpartition("/")[2]
        if call.headers.get("signature") != base64.b64encode(bytes.fromhex("81a2b3")).decode():
            raise no(400, "signature")
        if self.world.file(f"enc-{key}") is None:
            raise no(404)
        return told({"download-url": f"{self.account.base}/cdn/enc-{key}"})

    @route("GET", "v1/preUpload")
    def pre_upload(self, call: ApiCall) -> ApiAnswer:
        """Where to put an encrypted file."""
        self.check_token(call)
        if not (call.headers.get("mmcs-size") or call.headers.get("size", "")).isdigit():
            raise no(400, "size")
        key = self.new_file_id()
        return told(
            {
                "upload-url": f"{self.account.base}/cdn/{key}",
                "mmcs-url": f"https://mmcs.example/{key}",
                "mmcs-owner": "owner1",
            }
        )

    @route("POST", "cdn/{key}")
    def upload(self, call: ApiCall, key: str) -> ApiAnswer:
        """Keep encrypted bytes."""
        self.world.keep_file(File(key, "", "application/octet-stream", call.body))
        return told({"singleFile": {"fileChecksum": "Q2hlY2tzdW0=", "size": len(call.body)}})
