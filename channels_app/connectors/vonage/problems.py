"""What the titles of Vonage's errors mean (developer.vonage.com/api-errors/messages-olympus; others: recall)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import UNKNOWN_PROBLEM, DeliveryError, Problem, Trouble

_NUMBER = _("This is not a number that can be written to. Check it, or choose another channel.")
_SENDER = _("The sender entered in the channel's settings cannot send this. An admin should check it.")
_FILTERED = _("The carrier held the message back as unwanted. Write it differently, or choose another channel.")
_WINDOW = _("The customer last wrote more than a day ago. Use an approved template.")
_CREDIT = _("The account has no credit left. An admin should add some.")
_BLOCKED = _("The customer does not want messages here. Choose another channel.")
_ACCESS = _("Vonage refuses the account's keys. An admin should enter them again.")

_params = Problem(Trouble.PAYLOAD, _("The channel refused what was sent. Write it differently."))
_access = Problem(Trouble.AUTH, _ACCESS)
_recipient = Problem(Trouble.RECIPIENT, _NUMBER, is_unreachable=True)

PROBLEMS: dict[str, Problem] = {
    "1000": Problem(Trouble.RATE, retry_after=5),
    "1010": _params,
    "1020": _params,
    "1021": _params,
    "1022": Problem(Trouble.PAYLOAD, _("The template's blanks are not filled in as it wants them.")),
    "1030": Problem(Trouble.TRANSIENT),
    "1040": _params,
    "1050": Problem(Trouble.RECIPIENT, _NUMBER),
    "1060": _access,
    "1070": Problem(Trouble.RATE, _CREDIT, retry_after=3600),
    "1080": Problem(Trouble.PAYLOAD, _SENDER),
    "1090": Problem(Trouble.RATE, retry_after=60),
    "1100": Problem(Trouble.TRANSIENT),
    "1110": _params,
    "1120": Problem(Trouble.PAYLOAD, _SENDER),
    "1130": _params,
    "1140": _params,
    "1150": _recipient,
    "1160": _recipient,
    "1170": Problem(Trouble.RECIPIENT, _NUMBER),
    "1180": Problem(Trouble.TRANSIENT, _("The telephone is switched off or out of reach."), most_tries=2),
    "1190": Problem(Trouble.PAYLOAD, _FILTERED),
    "1210": Problem(Trouble.PAYLOAD, _FILTERED),
    "1220": _params,
    "1230": Problem(Trouble.RECIPIENT, _BLOCKED),
    "1240": Problem(Trouble.RECIPIENT, _NUMBER),
    "1250": Problem(Trouble.RECIPIENT, _BLOCKED, is_opt_out=True),
    "1300": Problem(Trouble.RECIPIENT, _NUMBER),
    "1320": Problem(Trouble.PAYLOAD, _("The text is too long. Shorten it.")),
    "1330": Problem(Trouble.RECIPIENT, _NUMBER),
    "1340": Problem(Trouble.WINDOW, _WINDOW),
    "1360": Problem(Trouble.TRANSIENT, most_tries=2),
    "1400": Problem(Trouble.PAYLOAD, _SENDER),
    "1420": _access,
    "1450": _recipient,
    "1460": Problem(Trouble.RATE, retry_after=600),
    "1470": Problem(Trouble.RECIPIENT, _("WhatsApp limits what this customer gets. Choose another channel.")),
}
BY_STATUS = {
    401: _access,
    402: Problem(Trouble.RATE, _CREDIT, retry_after=3600),
    403: _access,
    422: _params,
    429: PROBLEMS["1000"],
}


def problem(code: str, status: int = 0) -> Problem:
    """What a code means; where there is none that we know, what the HTTP status means."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    return BY_STATUS.get(status) or (Problem(Trouble.TRANSIENT) if status >= 500 else UNKNOWN_PROBLEM)


def code_in(said: Mapping[str, Any]) -> str:
    """The code of an error: its title where that is a number, else what its type ends in."""
    title, kind = tolerant.text(said, "title"), tolerant.text(said, "type")
    return title if title.isdigit() else kind.rpartition("#")[2]


def refusal(answer: http.Answer) -> DeliveryError:
    """The error to raise for an answer that is none (RFC 7807)."""
    said = tolerant.peek(answer.body)
    code = code_in(said)
    words = tolerant.text(said, "detail") or tolerant.text(said, "title") or f"HTTP {answer.status}"
    return problem(code, answer.status).failure(words, code=code or str(answer.status))
