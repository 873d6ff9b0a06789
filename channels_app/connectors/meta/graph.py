"""Meta's Graph API: one call at a time, its refusals in the contract's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    UNKNOWN_PROBLEM,
    DeliveryError,
    Problem,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)

# A page of Graph holds at most 100 entries; nobody has more than this many pages of anything we ask for.
MOST_PAGES = 50
UPLOAD_SECONDS = 120.0


@dataclass(frozen=True)
class Graph:
    """One access token at one host. `problems` is the table of error codes, "code", "subcode" or "code/subcode"."""

    base: str
    version: str
    token: str = field(repr=False)
    problems: Mapping[str, Problem] = field(repr=False)

    def get(self, path: str, **params: str) -> Json:
        """Read a node or an edge; raises DeliveryError."""
        return self._read(self._ask("GET", path, params=params))

    def pages(self, path: str, **params: str) -> Iterator[Json]:
        """All entries of an edge, page by page, at the host we chose: `paging.next` names another."""
        for _page in range(MOST_PAGES):
            said = self.get(path, **params)
            yield from tolerant.items(said, "data")
            after = tolerant.text(said, "paging", "cursors", "after")
            if not after or not tolerant.text(said, "paging", "next"):
                return
            params["after"] = after

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        """Change something that may be changed twice without harm; raises DeliveryError."""
        with http.repeatable():
            return self._read(self._ask("POST", path, json_body=body))

    def send(self, path: str, body: Mapping[str, object]) -> Json:
        """Hand over a message: an answer that nobody can read leaves it open whether it was taken."""
        answer = self._ask("POST", path, json_body=body)
        try:
            said = answer.json()
        except TemporaryFailure as failure:
            raise UnknownOutcome(str(failure), code=str(answer.status)) from failure
        if answer.status >= 500 and not tolerant.obj({"": said}, "", "error"):
            raise UnknownOutcome(f"Meta answered {answer.status}", code=str(answer.status))
        return self._read(answer)

    def delete(self, path: str) -> Json:
        """Take something away; raises DeliveryError."""
        with http.repeatable():
            return self._read(self._ask("DELETE", path))

    def upload(self, path: str, form: Mapping[str, str], file: tuple[str, bytes, str]) -> Json:
        """Leave a file (name, bytes, type) with Meta; one that is left twice does no harm."""
        with http.repeatable():
            return self._read(self._ask("POST", path, form=form, files={"file": file}, seconds=UPLOAD_SECONDS))

    def _ask(self, method: str, path: str, **options: object) -> http.Answer:
        headers = {"Authorization": f"Bearer {self.token}"}
        return http.request(method, f"{self.base}/{self.version}/{path}", headers=headers, **options)  # type: ignore[arg-type]

    def _read(self, answer: http.Answer) -> Json:
        try:
            said = tolerant.load(answer.body)
        except ValueError:
            said = {}
        if answer.is_ok and "error" not in said and answer.body:
            return said
        raise self._failure(answer, tolerant.obj(said, "error"))

    def _failure(self, answer: http.Answer, error: Json) -> DeliveryError:
        code, subcode = tolerant.text(error, "code"), tolerant.text(error, "error_subcode")
        words = tolerant.text(error, "error_data", "details") or tolerant.text(error, "message")
        # A malformed token is repeated in the refusal.
        words = (words or f"Meta answered {answer.status}").replace(self.token, "…")[:500]
        problem = problem_of(self.problems, code, subcode, words) or _by_status(answer.status, error)
        named = "/".join(filter(None, [code, subcode])) or str(answer.status)
        return problem.failure(words, code=named, retry_after=_regained(answer))


def problem_of(problems: Mapping[str, Problem], code: str, subcode: str = "", words: str = "") -> Problem | None:
    """What a table says of an error; the subcode is the better name where there is one."""
    # 10 is a missing permission as well as a closed window; only the words tell where the subcode is left out.
    if code == "10" and "outside of allowed window" in words.lower():
        subcode = subcode or "2018278"
    found = problems.get(f"{code}/{subcode}") or problems.get(subcode) or problems.get(code)
    # 200 to 299 are permissions, one number for each (Graph API, "Handle errors").
    return found or (problems.get("200") if len(code) == 3 and code.startswith("2") else None)


def _by_status(status: int, error: Json) -> Problem:
    if status in (401, 403) and not error:
        return Problem(Trouble.AUTH)
    if status == 429:
        return Problem(Trouble.RATE)
    if status >= 500 or tolerant.flag(error, "is_transient"):
        return Problem(Trouble.TRANSIENT)
    return UNKNOWN_PROBLEM


def _regained(answer: http.Answer) -> float | None:
    """Seconds until Meta lets us in again: X-Business-Use-Case-Usage names minutes, by business and use case."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", ""))
    except ValueError:
        usage = None
    cases = [one for found in usage.values() if isinstance(found, list) for one in found] if _is_object(usage) else []
    minutes = [tolerant.whole(one, "estimated_time_to_regain_access") for one in cases if _is_object(one)]
    return max(minutes) * 60.0 if any(minutes) else answer.retry_after


def _is_object(found: object) -> bool:
    return isinstance(found, dict)
