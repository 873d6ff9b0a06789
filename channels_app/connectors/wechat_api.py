"""Asking WeChat and WeCom: the token in the query, failures as errcode in the body, media by handle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from channels_app import http
from channels_app.connectors import tolerant, wechat_tokens
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    UNKNOWN_PROBLEM,
    Account,
    FetchedFile,
    OutboundFile,
    Problem,
    TemporaryFailure,
    UnknownOutcome,
)

MEGABYTE = 1024 * 1024
# "Not valid", "not legal", "expired": nothing was done, so the same may be asked again with another token.
TOKEN_REFUSED = frozenset({"40001", "40014", "42001"})
_FILE_NAME = re.compile(r"filename\*?=(?:utf-8'')?\"?([^\";]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Api:
    """One application at one of the two providers; `problems` is its table of errors."""

    account: Account
    base: str
    owner: str
    renew: Callable[[str], tuple[str, float]]
    problems: Mapping[str, Problem]

    def send(self, path: str, body: object) -> Json:
        """Ask for something that must not happen twice; raises DeliveryError."""
        return self._asked("POST", path, json_body=body)

    def ask(self, path: str, body: object | None = None, **params: str) -> Json:
        """Ask for something that does no harm twice; raises DeliveryError."""
        with http.repeatable():
            return self._asked("GET" if body is None else "POST", path, json_body=body, params=params)

    def upload(self, file: OutboundFile, kind: str) -> str:
        """Leave a file with the provider for three days; gives its handle."""
        part = (file.name, file.read(), file.content_type)
        with http.repeatable():
            said = self._asked("POST", "media/upload", params={"type": kind}, files={"media": part}, seconds=60.0)
        return tolerant.text(said, "media_id")

    def download(self, media_id: str, *, max_bytes: int) -> FetchedFile:
        """The bytes behind a handle, which the provider keeps for three days."""
        answer = self._answered("GET", "media/get", params={"media_id": media_id}, max_bytes=max_bytes, seconds=60.0)
        named = _FILE_NAME.search(answer.headers.get("content-disposition", ""))
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        return FetchedFile(answer.body, content_type, unquote(named[1]) if named else "")

    def _asked(self, method: str, path: str, **options: Any) -> Json:
        answer = self._answered(method, path, **options)
        said = _said(answer)
        if not said:
            # Whoever answered, it was not the provider: a POST before it may have arrived.
            raise UnknownOutcome(f"{answer.url} answered no JSON", code=str(answer.status))
        return said

    def _answered(self, method: str, path: str, **options: Any) -> http.Answer:
        token = wechat_tokens.access_token(self.account, self.owner, self.renew)
        answer = self._request(method, path, token, **options)
        if _errcode(answer) in TOKEN_REFUSED:
            token = wechat_tokens.access_token(self.account, self.owner, self.renew, refused=token)
            answer = self._request(method, path, token, **options)
        return refuse(answer, self.problems)

    def _request(self, method: str, path: str, token: str, **options: Any) -> http.Answer:
        params = {"access_token": token, **options.pop("params", {})}
        return http.request(method, f"{self.base}/cgi-bin/{path}", params=params, **options).raise_for_status()


def granted(answer: http.Answer, problems: Mapping[str, Problem]) -> tuple[str, float]:
    """The token, and its seconds, in an answer to the question for one; raises DeliveryError."""
    said = _said(refuse(answer.raise_for_status(), problems))
    token = tolerant.text(said, "access_token")
    if not token:
        raise TemporaryFailure("no access token was given", code=str(answer.status))
    return token, float(tolerant.whole(said, "expires_in") or 7200)


def refuse(answer: http.Answer, problems: Mapping[str, Problem]) -> http.Answer:
    """Raise the failure that an errcode in the body stands for; gives the answer back where all is well."""
    code = _errcode(answer)
    if code:
        words = f"{code} {tolerant.text(_said(answer), 'errmsg')}"[:300]
        raise problems.get(code, UNKNOWN_PROBLEM).failure(words, code=code)
    return answer


def _errcode(answer: http.Answer) -> str:
    code = tolerant.text(_said(answer), "errcode")
    return "" if code == "0" else code


def _said(answer: http.Answer) -> Json:
    """The object in a body; empty for a file and for what is none."""
    if not answer.body.lstrip().startswith(b"{"):
        return {}
    try:
        return tolerant.load(answer.body)
    except ValueError:
        return {}
