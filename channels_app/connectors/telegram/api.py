"""Calling the Bot API. The token is part of every address, so addresses are kept out of errors and logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import (
    UNKNOWN_PROBLEM,
    Connector,
    DeliveryError,
    PermanentFailure,
    Problem,
    Trouble,
    UnknownOutcome,
)

UPLOAD_SECONDS = 120.0
MOST_FETCHED = 20 * http.MEGABYTE

_GONE = _("The customer has blocked the bot or closed their account. Use another channel.")
_START = _("They have to open the bot and press Start first. Send them the bot's link by another channel.")
_TOKEN = _("Telegram refuses the bot's token. Get it from @BotFather again and enter it in the channel's settings.")
_RIGHTS = _("The bot may not write in this group. Ask an administrator of the group to let it.")

# By words of the description, where the number says too little; then by the number. The descriptions are from memory.
PROBLEMS: dict[str, Problem] = {
    "bot was blocked by the user": Problem(Trouble.RECIPIENT, _GONE, is_unreachable=True),
    "user is deactivated": Problem(Trouble.RECIPIENT, _GONE, is_unreachable=True),
    "can't initiate conversation": Problem(Trouble.RECIPIENT, _START),
    "bots can't send messages to bots": Problem(Trouble.RECIPIENT, is_unreachable=True),
    "bot was kicked": Problem(Trouble.RECIPIENT, _RIGHTS, is_unreachable=True),
    "bot is not a member": Problem(Trouble.RECIPIENT, _RIGHTS, is_unreachable=True),
    "not enough rights": Problem(Trouble.RECIPIENT, _RIGHTS),
    "have no rights to send": Problem(Trouble.RECIPIENT, _RIGHTS),
    "chat not found": Problem(Trouble.RECIPIENT, _START),
    "can't parse entities": Problem(Trouble.PAYLOAD),
    "message is too long": Problem(Trouble.PAYLOAD, _("The text is too long for Telegram. Shorten it.")),
    "message text is empty": Problem(Trouble.PAYLOAD, _("There is nothing to send. Write something.")),
    "file is too big": Problem(Trouble.PAYLOAD, _("Telegram lets a bot fetch files of up to 20 MB only.")),
    "wrong file identifier": Problem(Trouble.PAYLOAD, _("Telegram no longer has this file.")),
    "400": Problem(
        Trouble.PAYLOAD, _("Telegram does not take this message as it is. Change it, or use another channel.")
    ),
    "401": Problem(Trouble.AUTH, _TOKEN),
    "403": Problem(Trouble.RECIPIENT, _GONE),
    "404": Problem(Trouble.AUTH, _TOKEN),
    "409": Problem(
        Trouble.TRANSIENT,
        _("Another program reads this bot's messages. Stop it, or give the desk a bot of its own."),
        retry_after=30,
    ),
    "413": Problem(Trouble.PAYLOAD, _("The file is too big for Telegram. Send a link to it.")),
    "429": Problem(Trouble.RATE),
}


class Refusal(Exception):
    """What the Bot API said instead of a result."""

    def __init__(self, code: str, words: str, parameters: tolerant.Json) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
        self.retry_after = tolerant.number(parameters, "retry_after")
        self.moved_to = tolerant.text(parameters, "migrate_to_chat_id")

    def says(self, words: str) -> bool:
        return words.casefold() in self.words.casefold()

    def failure(self) -> DeliveryError:
        """The contract's error for it."""
        known = [problem for words, problem in PROBLEMS.items() if not words.isdigit() and self.says(words)]
        other = Problem(Trouble.TRANSIENT) if self.code.startswith("5") else UNKNOWN_PROBLEM
        problem = known[0] if known else PROBLEMS.get(self.code, other)
        return problem.failure(f"Telegram: {self}"[:300], code=self.code, retry_after=self.retry_after)


def ask(connector: Connector, method: str, **payload: Any) -> Any:
    """Call a method; raises DeliveryError."""
    try:
        return call(connector, method, payload)
    except Refusal as refusal:
        raise refusal.failure() from refusal


def call(
    connector: Connector,
    method: str,
    payload: Mapping[str, Any],
    *,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    seconds: float = 20.0,
) -> Any:
    """Call a method, with bytes of files where there are any: its result. Raises Refusal, or DeliveryError of the net."""
    token = connector.account.secrets.get("bot_token", "")
    url = f"{connector.endpoint('api')}/bot{token}/{method}"
    try:
        if files:
            form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in payload.items()}
            answer = http.request("POST", url, form=form, files=files, seconds=UPLOAD_SECONDS)
        else:
            answer = http.request("POST", url, json_body=dict(payload), seconds=seconds)
    except DeliveryError as error:
        raise _without(error, token) from None
    return _result(answer)


def wait_for_updates(connector: Connector, *, offset: int, seconds: int, kinds: list[str]) -> list[tolerant.Json]:
    """Long polling. A GET, since asking twice for the same updates does no harm; raises DeliveryError."""
    token = connector.account.secrets.get("bot_token", "")
    params = {"offset": str(offset), "timeout": str(seconds), "allowed_updates": json.dumps(kinds)}
    try:
        url = f"{connector.endpoint('api')}/bot{token}/getUpdates"
        answer = http.request("GET", url, params=params, seconds=seconds + 10.0)
        found = _result(answer)
    except DeliveryError as error:
        raise _without(error, token) from None
    except Refusal as refusal:
        raise refusal.failure() from refusal
    return tolerant.items({"result": found}, "result")


def download(connector: Connector, file_id: str) -> http.Answer:
    """The bytes behind a handle; raises DeliveryError. The address is never shown to anybody: it has the token in it."""
    token = connector.account.secrets.get("bot_token", "")
    path = tolerant.text({"file": ask(connector, "getFile", file_id=file_id)}, "file", "file_path")
    if not path:
        raise PermanentFailure("Telegram gave no path", code="file")
    try:
        answer = http.request("GET", f"{connector.endpoint('api')}/file/bot{token}/{path}", max_bytes=MOST_FETCHED)
        return answer.raise_for_status()
    except DeliveryError as error:
        raise _without(error, token) from None


def _result(answer: http.Answer) -> Any:
    try:
        said = tolerant.load(answer.body)
    except ValueError:
        said = {}
    if said.get("ok") is True:
        return said.get("result")
    if answer.is_ok and not said:
        raise UnknownOutcome("Telegram answered without JSON", code="json")
    code = tolerant.text(said, "error_code") or str(answer.status)
    words = tolerant.text(said, "description") or "no answer of the Bot API"
    raise Refusal(code, words, tolerant.obj(said, "parameters"))


def _without(error: DeliveryError, token: str) -> DeliveryError:
    """The same error without the token in its words."""
    error.args = (str(error).replace(token, "…") if token else str(error),)
    error.__cause__ = None
    return error
