"""Calling the Bot API of Viber: the HTTP status is always 200, what counts is `status` in the body."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import UNKNOWN_PROBLEM, Connector, Problem, Trouble, UnknownOutcome

_LEFT = _("The customer has left the Viber chat. Use another channel.")
_ACCOUNT = _("Viber has switched this account off. Ask your Viber partner.")
_PAYLOAD = _("Viber does not take this message as it is. Change it, or use another channel.")

PROBLEMS: dict[str, Problem] = {
    "1": Problem(
        Trouble.AUTH, _("Viber could not reach the desk's address. It has to be public, with a valid certificate.")
    ),
    "2": Problem(Trouble.AUTH, _("Viber refuses the token. Enter it again in the channel's settings.")),
    "3": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "4": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "5": Problem(Trouble.RECIPIENT, _LEFT, is_unreachable=True),
    "6": Problem(Trouble.RECIPIENT, _LEFT, is_unreachable=True),
    "7": Problem(Trouble.AUTH, _ACCOUNT),
    "8": Problem(Trouble.AUTH, _ACCOUNT),
    "9": Problem(Trouble.AUTH, _ACCOUNT),
    "10": Problem(Trouble.AUTH, _("Viber does not know where to deliver. Register the address on the channel's page.")),
    "11": Problem(
        Trouble.RECIPIENT, _("The customer's device cannot show this. Use another channel."), is_unreachable=True
    ),
    "12": Problem(Trouble.RATE),
    "13": Problem(Trouble.RECIPIENT, _("The customer's Viber is too old for this. Send plain text.")),
    "14": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "15": Problem(Trouble.AUTH, _ACCOUNT),
    "16": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "17": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "18": Problem(Trouble.RATE),
    "19": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "20": Problem(Trouble.PAYLOAD, _("Viber does not take files of this kind. Send a link to it.")),
}


def ask(connector: Connector, method: str, body: dict[str, Any]) -> tolerant.Json:
    """Call a method: what it answers. Raises DeliveryError."""
    headers = {"X-Viber-Auth-Token": connector.account.secrets.get("auth_token", "")}
    answer = http.request("POST", f"{connector.endpoint('api')}/pa/{method}", headers=headers, json_body=body)
    answer.raise_for_status()
    said = tolerant.peek(answer.body)
    status = tolerant.text(said, "status")
    if status == "0":
        return said
    if not status:
        raise UnknownOutcome("Viber answered without a status", code="json")
    words = f"Viber: {status} {tolerant.text(said, 'status_message')}"[:300]
    raise PROBLEMS.get(status, UNKNOWN_PROBLEM).failure(words, code=status)
