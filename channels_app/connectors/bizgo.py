"""Bizgo (Infobank), an official dealer of KakaoTalk's business messages: its interface, its errors.

Source: bizgo-sdk-comm 1.2.0, which Infobank generates from its own description of the interface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.contract import UNKNOWN_PROBLEM, OutboundFile, Problem, Trouble, UnknownOutcome

DONE = "A000"
ENDPOINTS = {"bizgo": "https://mars.ibapi.kr", "bizgo_sandbox": "https://sandbox-mars.ibapi.kr"}

_ACCESS = Problem(
    Trouble.AUTH, _("Bizgo refuses the API key, or does not know the desk's IP address. An admin should check both.")
)
_SENDER = Problem(
    Trouble.PAYLOAD, _("Bizgo does not know the sender in the channel's settings. An admin should check it.")
)
_NUMBER = Problem(
    Trouble.RECIPIENT, _("This is not a Korean mobile number that can be written to."), is_unreachable=True
)
_MEDIA = Problem(
    Trouble.PAYLOAD, _("KakaoTalk does not take this file. Send it smaller, in another format, or as a link.")
)
_REFUSED = Problem(Trouble.PAYLOAD, _("Bizgo refuses the message as it is. Change it, or choose another channel."))
_TEMPLATE = Problem(Trouble.PAYLOAD, _("The template does not fit any more. Ask Bizgo for the templates again."))
_BROKEN = Problem(Trouble.TRANSIENT)

# Codes of the product (data.code); those of the door before it (common.authCode) mean other things.
PROBLEMS: dict[str, Problem] = {
    "A001": _ACCESS,
    "A002": _ACCESS,
    "A100": _ACCESS,
    "A110": _ACCESS,
    "A111": _ACCESS,
    "A112": _ACCESS,
    "A113": _ACCESS,
    "A010": _REFUSED,
    "A011": _REFUSED,
    "A020": Problem(Trouble.RATE, retry_after=5),
    "A910": _BROKEN,
    "A920": _BROKEN,
    "A999": _BROKEN,
    "A214": _BROKEN,
    "A215": _BROKEN,
    "A302": _SENDER,
    "A306": _NUMBER,
    "A307": _NUMBER,
    "A320": Problem(Trouble.RATE, _("The contract's number of messages is used up."), retry_after=3600),
    "A322": Problem(Trouble.PAYLOAD, _("The text was taken for unwanted mail. Write it differently.")),
    "A323": _SENDER,
    "A324": Problem(Trouble.RECIPIENT, _("This number takes no such messages. Choose another channel.")),
    "A325": Problem(Trouble.AUTH, _("The contract with Bizgo does not cover this kind of message.")),
    "A327": _SENDER,
    "A330": Problem(Trouble.RATE, _("Advertising is not sent between 8 in the evening and 8 in the morning.")),
    "A502": _SENDER,
    "A505": _TEMPLATE,
    "A507": Problem(Trouble.RECIPIENT, _("KakaoTalk does not know this customer any more."), is_unreachable=True),
    "A571": _TEMPLATE,
    "A821": Problem(
        Trouble.WINDOW, _("The customer's chat has ended. They have to open it again, or use another channel.")
    ),
}
# What a code that is not in the table belongs to.
FAMILIES = {"A2": _MEDIA, "A3": _REFUSED, "A4": _REFUSED, "A5": _REFUSED, "A6": _REFUSED}
AT_THE_DOOR = {"A400": _REFUSED, "A401": _ACCESS, "A403": _ACCESS, "A404": _REFUSED}


def problem_of(code: str) -> Problem:
    """What a product's code means."""
    return PROBLEMS.get(code) or FAMILIES.get(code[:2], UNKNOWN_PROBLEM)


@dataclass(frozen=True)
class Bizgo:
    """One contract with Bizgo; every call raises DeliveryError."""

    base: str
    key: str

    def send(self, path: str, body: object) -> Json:
        """Ask for something that must not happen twice; gives `data`."""
        return _data(self._request("POST", path, json_body=body))

    def ask(self, path: str, **params: str) -> Json:
        """Look something up; gives `data`."""
        with http.repeatable():
            return _data(self._request("GET", path, params=params))

    def upload(self, path: str, file: OutboundFile, form: Mapping[str, str]) -> Json:
        """Leave a file; gives what is said of it."""
        part = (file.name, file.read(), file.content_type)
        with http.repeatable():
            answer = self._request("POST", path, form=form, files={"file": part}, seconds=120.0)
            return tolerant.obj(_data(answer), "data")

    def _request(self, method: str, path: str, **options: object) -> http.Answer:
        # The bare key: "Bearer" before it is refused.
        headers = {"Authorization": self.key}
        return http.request(method, f"{self.base}/api/comm/v1/{path}", headers=headers, **options)  # type: ignore[arg-type]


def _data(answer: http.Answer) -> Json:
    """The product's part of an answer; raises DeliveryError."""
    try:
        said = tolerant.load(answer.body)
    except ValueError:
        said = {}
    at_the_door, code = tolerant.text(said, "common", "authCode"), tolerant.text(said, "data", "code")
    if at_the_door not in ("", DONE):
        words = tolerant.text(said, "common", "authResult")
        # The same code means other things here than in `data`.
        otherwise = _ACCESS if answer.status in (401, 403) else UNKNOWN_PROBLEM
        _fail(answer, AT_THE_DOOR.get(at_the_door, otherwise), f"common.{at_the_door}", words)
    if code not in ("", DONE):
        _fail(answer, problem_of(code), code, tolerant.text(said, "data", "result"))
    answer.raise_for_status()
    if not (at_the_door or code):
        raise UnknownOutcome(f"{answer.url} did not answer as Bizgo does", code=str(answer.status))
    return tolerant.obj(said, "data")


def _fail(answer: http.Answer, problem: Problem, code: str, words: str) -> None:
    raise problem.failure(f"{code} {words}"[:300], code=code, retry_after=answer.retry_after)
