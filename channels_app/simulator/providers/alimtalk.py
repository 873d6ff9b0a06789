"""알림톡 through Bizgo: approved texts to a telephone number, with signed reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, picked, route
from channels_app.simulator.providers.kakao import Kakao, envelope, local_time, no
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, json_hook, signed, told
from channels_app.simulator.world import DELIVERED, FAILED, Contact, Message

MOST_TEXT, MOST_DESTINATIONS = 1300, 200
TEMPLATES = {"answered_01": "[모먼트스토어] #{name} 님, 문의하신 내용에 답변을 남겼어요. 카카오톡에서 확인해 주세요."}


class Alimtalk(Kakao):
    """One sender of approved texts; nobody can write to it."""

    kind = "alimtalk"
    acts = frozenset()
    reports = frozenset({DELIVERED, FAILED})
    is_signed = True
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {**super().new_keys(), "report_secret": signing.token()[:32]}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {"api_key": self.keys["api_key"], "webhook_secret": self.keys["report_secret"]}
        return {"sender_key": self.keys["sender_key"]}, secrets

    def address_of(self, human: Human) -> str:
        return human.phone

    def hook(self, event: Event) -> Hook:
        """Only the time is signed, not the body."""
        at = str(signing.seconds())
        signature = signing.hex_hmac(self.keys["report_secret"], at.encode())
        return signed(json_hook(event), X_IB_Timestamp=at, X_IB_Signature=signature)

    def anything(self, body: Any) -> Hook:
        return self.hook(body)

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        code, text = ("A000", "Success") if state == DELIVERED else ("K208", "NotKakaoTalkUser")
        about = {"msgKey": message.id, "serviceType": "ALIMTALK", "msgType": "AT", "reportType": "REPORT"}
        result = {"reportCode": code, "reportText": text, "sendTime": local_time(), "reportTime": local_time()}
        yield {**about, **result, "ref": message.key}

    @route("POST", "api/comm/v1/send/omni")
    def send_omni(self, call: ApiCall) -> ApiAnswer:
        """Send one text to up to two hundred numbers; a key makes that safe to repeat."""
        self.check_key(call)
        asked = call.json
        key = str(asked.get("idempotencyKey", ""))
        if key and not asked.get("idempotencyTtl"):
            raise no("A309", "MissingParameter: idempotencyTtl")
        flow = picked(asked, "messageFlow", 0, "alimtalk") or {}
        destinations = asked.get("destinations") or []
        if not 1 <= len(destinations) <= MOST_DESTINATIONS:
            raise no("A306", "TooManyItems")
        if flow.get("senderKey") != self.keys["sender_key"]:
            raise no("A502", "InvalidSenderKey")
        done = self.world.notes.setdefault("done", {})
        results = []
        for one in destinations:
            if key and (known := done.get(f"{key}/{one.get('to')}")):
                results.append({"to": one.get("to"), "msgKey": known, "code": "A301", "result": "Duplicate"})
                continue
            message = self._taken(one, flow, str(one.get("ref") or asked.get("ref", "")))
            done[f"{key}/{one['to']}"] = message.id
            results.append(
                {"to": one["to"], "msgKey": message.id, "code": "A000", "result": "Success", "ref": message.key}
            )
        return told(envelope("A000", "Success", {"data": {"destinations": results}}))

    def _taken(self, one: Event, flow: Event, ref: str) -> Message:
        template = TEMPLATES.get(str(flow.get("templateCode")))
        if template is None:
            raise no("A508", "InvalidTemplateCode")
        text = str(flow.get("text") or template)
        for name, value in (one.get("replaceWords") or {}).items():
            text = text.replace(f"#{{{name}}}", str(value))
        if len(text) > MOST_TEXT or "#{" in text:
            raise no("A305", "InvalidParameter: text")
        number = str(one.get("to", ""))
        if not number.isdigit() or not 9 <= len(number) <= 15:
            raise no("A307", "InvalidParameter: to")
        address = f"+82{number[1:]}" if number.startswith("0") else f"+{number}"
        contact = self.world.contact(address) or self.world.keep_contact(Contact(address, phone=address))
        return self.take(contact, kind="template", text=text, key=ref)
