"""Calling Discord's REST interface (v10), and what its refusals mean. Codes are partly from memory."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import UNKNOWN_PROBLEM, Connector, Problem, Trouble

UPLOAD_SECONDS = 120.0
_TOKEN = _("Discord refuses the bot's token. Reset it in the developer portal and enter the new one here.")
_PLACE = _("The bot may not write in this Discord channel. Ask the server's administrator to let it.")
_CLOSED = _("The customer takes no direct messages from this bot. Use another channel.")
_PAYLOAD = _("Discord does not take this message as it is. Change it, or use another channel.")

# By the code in the body, else by the HTTP status.
PROBLEMS: dict[str, Problem] = {
    "50007": Problem(Trouble.RECIPIENT, _CLOSED, is_unreachable=True),
    "10013": Problem(Trouble.RECIPIENT, _CLOSED, is_unreachable=True),
    "50001": Problem(Trouble.RECIPIENT, _PLACE),
    "50013": Problem(Trouble.RECIPIENT, _PLACE),
    "50083": Problem(Trouble.RECIPIENT, _PLACE),
    "10003": Problem(Trouble.RECIPIENT, _PLACE, is_unreachable=True),
    "10008": Problem(Trouble.PAYLOAD, _("This message is no longer in Discord.")),
    "40003": Problem(Trouble.RATE, retry_after=60),
    "40005": Problem(Trouble.PAYLOAD, _("The file is too big for Discord. Send a link to it.")),
    "50006": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "50035": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "20028": Problem(Trouble.RATE),
    "400": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "401": Problem(Trouble.AUTH, _TOKEN),
    "403": Problem(Trouble.RECIPIENT, _PLACE),
    "404": Problem(Trouble.RECIPIENT, _PLACE),
    "413": Problem(Trouble.PAYLOAD, _("The file is too big for Discord. Send a link to it.")),
    "429": Problem(Trouble.RATE),
}


def ask(connector: Connector, method: str, path: str, body: dict[str, Any] | None = None) -> tolerant.Json:
    """Call an interface: the object it answers, empty where it answers nothing or a list. Raises DeliveryError."""
    return tolerant.peek(_called(connector, method, path, json_body=body).body)


def listed(connector: Connector, path: str, **params: str) -> list[tolerant.Json]:
    """Call an interface that answers a list; raises DeliveryError."""
    return tolerant.items({"all": _called(connector, "GET", path, params=params).json()}, "all")


def upload(connector: Connector, path: str, body: dict[str, Any], files: list[tuple[str, bytes, str]]) -> tolerant.Json:
    """Post a message with bytes of files; raises DeliveryError."""
    named = {f"files[{number}]": file for number, file in enumerate(files)}
    form = {"payload_json": json.dumps(body, ensure_ascii=False)}
    return tolerant.peek(_called(connector, "POST", path, form=form, files=named, seconds=UPLOAD_SECONDS).body)


def _called(connector: Connector, method: str, path: str, **options: Any) -> http.Answer:
    headers = {"Authorization": f"Bot {connector.account.secrets.get('bot_token', '')}"}
    given = {name: value for name, value in options.items() if value is not None}
    answer = http.request(method, f"{connector.endpoint('api')}{path}", headers=headers, **given)
    if answer.is_ok:
        return answer
    said = tolerant.peek(answer.body)
    status, code = str(answer.status), tolerant.text(said, "code")
    other = Problem(Trouble.TRANSIENT) if answer.status >= 500 else UNKNOWN_PROBLEM
    # The status of a refused token comes first: its code is 0, and 40001 says the same.
    problem = PROBLEMS[status] if status in ("401", "429") else PROBLEMS.get(code) or PROBLEMS.get(status, other)
    words = f"Discord: {status} {code} {tolerant.text(said, 'message')}"[:300]
    raise problem.failure(words, code=code if code in PROBLEMS else status, retry_after=_wait(answer, said))


def _wait(answer: http.Answer, said: tolerant.Json) -> float | None:
    """Seconds, with a fraction, in the body; where a proxy answered, in a header."""
    headers = answer.headers.get("x-ratelimit-reset-after") or answer.headers.get("retry-after")
    wait = tolerant.number(said, "retry_after")
    return wait if wait is not None else tolerant.number({"after": headers}, "after")
