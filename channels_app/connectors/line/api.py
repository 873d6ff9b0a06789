"""Calling the Messaging API, and what its refusals mean."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import UNKNOWN_PROBLEM, Connector, DeliveryError, Problem, Trouble

INVALID_TOKEN = "invalid reply token"  # noqa: S105
_TOKEN = _("LINE refuses the channel access token. Issue a new one in the LINE Developers console and enter it here.")
_PAYLOAD = _("LINE does not take this message as it is. Change it, or use another channel.")

# By words of the message, else by the HTTP status.
PROBLEMS: dict[str, Problem] = {
    INVALID_TOKEN: Problem(Trouble.WINDOW),
    "monthly limit": Problem(
        Trouble.WINDOW,
        _(
            "This month's LINE messages are used up. An answer within a minute after the customer wrote is free;"
            " else raise the plan, or use another channel."
        ),
    ),
    "rate limit": Problem(Trouble.RATE),
    "failed to send messages": Problem(
        Trouble.RECIPIENT,
        _("LINE does not know this customer any more. They have to add the account as a friend again."),
        is_unreachable=True,
    ),
    "not found": Problem(Trouble.RECIPIENT, _("LINE no longer has this.")),
    "400": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "401": Problem(Trouble.AUTH, _TOKEN),
    "403": Problem(Trouble.PAYLOAD, _("The plan of the LINE account does not include this.")),
    "404": Problem(Trouble.RECIPIENT, _("LINE no longer has this.")),
    "409": Problem(Trouble.PAYLOAD),
    "410": Problem(Trouble.PAYLOAD, _("LINE no longer has this.")),
    "413": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "415": Problem(Trouble.PAYLOAD, _PAYLOAD),
    "429": Problem(Trouble.RATE),
}


def request(
    connector: Connector, method: str, path: str, *, base: str = "api", retry_key: str = "", **options: Any
) -> http.Answer:
    """Call an interface with the account's token: the answer, whatever it says. Raises DeliveryError of the net."""
    headers = {"Authorization": f"Bearer {connector.account.secrets.get('access_token', '')}"}
    if retry_key:
        headers["X-Line-Retry-Key"] = retry_key
    return http.request(method, f"{connector.endpoint(base)}{path}", headers=headers, **options)


def ask(connector: Connector, method: str, path: str, **options: Any) -> tolerant.Json:
    """Call an interface: what it answers. Raises DeliveryError."""
    answer = request(connector, method, path, **options)
    if not answer.is_ok:
        raise failure(answer)
    return tolerant.peek(answer.body)


def failure(answer: http.Answer) -> DeliveryError:
    """The contract's error for a refusal."""
    words = words_of(answer)
    known = [problem for said, problem in PROBLEMS.items() if not said.isdigit() and said in words.casefold()]
    other = Problem(Trouble.TRANSIENT) if answer.status >= 500 else UNKNOWN_PROBLEM
    problem = known[0] if known else PROBLEMS.get(str(answer.status), other)
    wait = tolerant.number({"after": answer.headers.get("retry-after")}, "after")
    return problem.failure(f"LINE: {answer.status} {words}"[:300], code=str(answer.status), retry_after=wait)


def words_of(answer: http.Answer) -> str:
    """What LINE says of a refusal, with the properties that it does not like."""
    said = tolerant.peek(answer.body)
    details = [
        f"{tolerant.text(one, 'property')}: {tolerant.text(one, 'message')}" for one in tolerant.items(said, "details")
    ]
    return "; ".join([tolerant.text(said, "message"), *details])
