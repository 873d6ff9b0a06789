"""An approved text with its blanks filled in, to a telephone number; the same words as a text message where it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone, tolerant
from channels_app.connectors.bizgo import DONE, Bizgo, problem_of
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    DeliveryError,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    Template,
    TemplateUse,
    TemporaryFailure,
    Trouble,
)

# The same key within this time is recognised by Bizgo (its longest).
REMEMBERED_SECONDS = 86_400
ALREADY_SENT, AT_NIGHT = "A301", "A330"
MOST_SMS_BYTES = 90
KOREA = ZoneInfo("Asia/Seoul")
MORNING = 8
PAGE = 100
# How Kakao writes a blank: #{name}.
_BLANK = re.compile(r"#\{([^{}]+)\}")


def send(bizgo: Bizgo, message: OutboundMessage, *, sender_key: str, sms_sender: str) -> Receipt:
    """Send one template to one number; a repeat counts as sent. Raises DeliveryError."""
    if message.template is None:
        raise PermanentFailure("no template", code="template", advice=_("Alimtalk carries approved templates only."))
    use, flow = message.template, [_alimtalk(message.template, sender_key)]
    if sms_sender:
        flow.append(_text_message(filled(use), sms_sender))
    said = _sent(bizgo, {**_head(message, use), "messageFlow": flow})
    return Receipt(external_id=tolerant.text(said, "msgKey"))


def _head(message: OutboundMessage, use: TemplateUse) -> Mapping[str, Any]:
    to: dict[str, Any] = {"to": local(message.recipient.value), "ref": message.delivery_key}
    if use.template.parameters:
        to["replaceWords"] = {name: use.values.get(name, "") for name in use.template.parameters}
    return {
        "destinations": [to],
        "idempotencyKey": message.delivery_key,
        # Without it the key is refused (A309).
        "idempotencyTtl": REMEMBERED_SECONDS,
        "ref": message.delivery_key,
    }


def _alimtalk(use: TemplateUse, sender_key: str) -> dict[str, Any]:
    """Bizgo fills the blanks and adds the template's buttons; a template without blanks it only takes written out."""
    body = {
        "senderKey": sender_key,
        "templateCode": str(use.template.details.get("code", "")),
        "responseMethod": "push",
    }
    if use.template.parameters:
        return {"alimtalk": {**body, "sendType": "template"}}
    written_out = {name: value for name, value in use.template.details.items() if name not in ("code", "msgType")}
    kind = use.template.details.get("msgType") or "AT"
    return {"alimtalk": {**body, "msgType": kind, "text": use.template.body, **written_out}}


def _text_message(text: str, sender: str) -> dict[str, Any]:
    kind = "sms" if len(text.encode("euc-kr", "replace")) <= MOST_SMS_BYTES else "mms"
    return {kind: {"from": sender, "text": text}}


def _sent(bizgo: Bizgo, body: object) -> Json:
    """What became of the one destination; raises DeliveryError."""
    try:
        data = bizgo.send("send/omni", body)
    except DeliveryError as error:
        if error.code == ALREADY_SENT:
            return {}
        raise _until_morning(error) from error
    found = next(iter(tolerant.items(data, "data", "destinations")), {})
    code = tolerant.text(found, "code")
    if code in ("", DONE, ALREADY_SENT):
        return found
    failure = problem_of(code).failure(f"{code} {tolerant.text(found, 'result')}"[:300], code=code)
    raise _until_morning(failure)


def _until_morning(error: DeliveryError) -> DeliveryError:
    """Advertising rests at night: try again when that ends."""
    if error.code != AT_NIGHT:
        return error
    wait = seconds_until_morning(timezone.now())
    return TemporaryFailure(str(error), code=error.code, advice=error.advice, retry_after=wait, trouble=Trouble.RATE)


def seconds_until_morning(now: datetime) -> float:
    """How long it is until eight in the morning in Korea."""
    here = now.astimezone(KOREA)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return (morning - here if here < morning else morning + timedelta(days=1) - here).total_seconds()


def local(number: str) -> str:
    """A Korean number as Bizgo takes it: +821012345678 becomes 01012345678."""
    return f"0{number.removeprefix('+82')}" if number.startswith("+82") else phone.bare(number)


def filled(use: TemplateUse) -> str:
    """The words that the customer will read."""
    text = use.template.body
    for name in use.template.parameters:
        text = text.replace("{{%s}}" % name, use.values.get(name, ""))  # noqa: UP031 - braces
    return text


def templates(bizgo: Bizgo, sender_key: str) -> list[Template]:
    """Every template of the sender, page by page."""
    found: list[Template] = []
    while True:
        asked = {"senderKey": sender_key, "offset": str(len(found)), "limit": str(PAGE)}
        page = tolerant.items(bizgo.ask("center/alimtalk/template/list", **asked), "data", "alimtalk", "templates")
        found += [_read(one) for one in page]
        if len(page) < PAGE:
            return [template for template in found if template.details["code"]]


def _read(one: Json) -> Template:
    body, code = tolerant.text(one, "text"), tolerant.text(one, "templateCode")
    carried = {name: one[name] for name in ("title", "header", "link", "attachment", "supplement") if one.get(name)}
    is_resting = "true" in (tolerant.text(one, "block"), tolerant.text(one, "dormant"))
    return Template(
        name=f"{tolerant.text(one, 'templateName') or code} ({code})",
        language="ko",
        body=_BLANK.sub(r"{{\1}}", body),
        parameters=list(dict.fromkeys(_BLANK.findall(body))),
        category=tolerant.text(one, "categoryCode"),
        is_approved=tolerant.text(one, "inspectionStatus") == "APR" and not is_resting,
        details={"code": code, "msgType": tolerant.text(one, "msgType") or "AT", **carried},
    )
