"""What the desk posts to the customer's system, and what its answers mean."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import standard_webhooks
from channels_app.connectors.plain_text import plain
from channels_app.connectors.tolerant import Json, load, text
from channels_app.contract import OutboundFile, OutboundMessage, Problem, Trouble

# The spec asks for 15 to 30 seconds.
SECONDS = 15.0

PROBLEMS: dict[str, Problem] = {
    "gone": Problem(Trouble.AUTH, _("The address of your system is no more (410). Enter the new one in the settings.")),
    "refused": Problem(
        Trouble.AUTH, _("Your system refuses the desk's signature. Enter the same secret on both sides.")
    ),
    "moved": Problem(Trouble.TRANSIENT, _("Your system answers with a redirect. Enter the address it leads to.")),
    "busy": Problem(Trouble.RATE),
    "broken": Problem(Trouble.TRANSIENT),
    "payload": Problem(Trouble.PAYLOAD, _("Your system refuses this message.")),
}


def event(kind: str, data: Mapping[str, Any]) -> bytes:
    """The body of one event, as it is signed."""
    said = {"type": kind, "timestamp": timezone.now().isoformat(timespec="milliseconds"), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def message(part: OutboundMessage) -> dict[str, Any]:
    """`data` of message.created, as DeskMessage of docs/openapi/generic.yaml has it."""
    content: dict[str, Any] = {"text": plain(part.text), "attachments": [_file(file) for file in part.files]}
    if content["text"] != part.text:
        content["markdown"] = part.text
    if part.quick_replies:
        content["quick_replies"] = [{"id": one.id, "title": one.title} for one in part.quick_replies]
    data: dict[str, Any] = {
        "id": part.delivery_key,
        "sequence": part.sequence,
        "conversation": {"id": part.thread_id, "subject": part.subject},
        "contact": {"id": part.recipient.value},
        "author": {"name": part.author_name, "type": "bot" if part.is_automatic else "agent"},
        "content": content,
    }
    if part.quoted_id:
        data["reply_to"] = part.quoted_id
    return data | ({"is_public": True} if part.is_public else {})


def _file(file: OutboundFile) -> dict[str, Any]:
    return {"url": file.share(), "filename": file.name, "content_type": file.content_type, "size": file.size}


def post(url: str, secrets: Sequence[str], body: bytes, *, key: str = "") -> http.Answer:
    """Post a signed event; `key` names it over retries. Raises DeliveryError for any answer but 2xx."""
    signed = standard_webhooks.headers(secrets, key or uuid.uuid4().hex, body)
    headers = {"content-type": "application/json", **signed}
    answer = http.request("POST", url, headers=headers, content=body, seconds=SECONDS)
    if answer.is_ok:
        return answer
    said = _words(answer)
    failure = PROBLEMS[_problem(answer.status)].failure(
        said or f"{answer.url} answered {answer.status}", code=str(answer.status), retry_after=answer.retry_after
    )
    raise failure


def _problem(status: int) -> str:
    named = {401: "refused", 403: "refused", 408: "broken", 410: "gone", 425: "broken", 429: "busy", 502: "busy"}
    if status in (*named, 503, 504):
        return named.get(status, "busy")
    return "moved" if status < 400 else "payload" if status < 500 else "broken"


def _words(answer: http.Answer) -> str:
    """What the system says of its refusal; blank where it says nothing that can be read."""
    return text(_json(answer), "error", "message")[:300]


def taken_as(answer: http.Answer) -> str:
    """The system's own id of what it took; blank where it names none."""
    return text(_json(answer), "id")[:255]


def _json(answer: http.Answer) -> Json:
    try:
        return load(answer.body)
    except ValueError:
        return {}
