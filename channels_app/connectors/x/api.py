"""Asking X: as the account, or as the app; what its errors mean."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.tolerant import Json, items, load, number, text
from channels_app.connectors.x import oauth
from channels_app.contract import (
    Account,
    AccountFailure,
    DeliveryError,
    OutboundFile,
    PermanentFailure,
    Problem,
    TemporaryFailure,
    Trouble,
)

MEGABYTE = 1024 * 1024
# What one request of a chunked upload carries, and how long a film may be looked at by X before it can be sent.
CHUNK = 4 * MEGABYTE
MOST_LOOKS, LONGEST_PAUSE = 20, 10.0
CATEGORIES = {"image/gif": "dm_gif", "image": "dm_image", "video": "dm_video"}

NO_ACCESS = Problem(
    Trouble.AUTH, _("X does not let this app do that. Check its permissions and plan, then sign in again.")
)
NO_CREDIT = Problem(Trouble.AUTH, _("X wants to be paid: the app's credit is used up."))
NOT_TO_THEM = Problem(
    Trouble.RECIPIENT,
    _("This person does not take messages from the account. Answer in public, or wait until they write."),
)
PAYLOAD = Problem(Trouble.PAYLOAD, _("X refuses this message."))
GONE = Problem(Trouble.RECIPIENT, _("X does not find this person or post any more."))
RATE = Problem(Trouble.RATE, _("X takes 15 messages in 15 minutes. It goes out as soon as X takes it."))
TRANSIENT = Problem(Trouble.TRANSIENT)

PROBLEMS: dict[str, Problem] = {
    "400": PAYLOAD,
    "401": NO_ACCESS,
    "402": NO_CREDIT,
    "403": NOT_TO_THEM,
    "404": GONE,
    "413": PAYLOAD,
    "422": PAYLOAD,
    "429": RATE,
    # Codes of the first version, from memory.
    "150": NOT_TO_THEM,
    "349": NOT_TO_THEM,
    "261": NO_ACCESS,
    "326": NO_ACCESS,
}
# By these a refusal concerns the app and not the person (docs.x.com, response codes and errors).
ABOUT_THE_APP = (
    "client-forbidden",
    "oauth1-permissions",
    "unsupported-authentication",
    "not-authorized-for-resource-app",
)


@dataclass(frozen=True)
class Api:
    """X's interface for one account."""

    account: Account
    url: str

    def as_account(self, method: str, path: str, **asked: Any) -> Json:
        """Ask as the account; a token that X refuses is renewed once, since then nothing was done."""
        token = oauth.access_token(self.account, self.url)
        answer = self._send(method, path, token, **asked)
        if answer.status == 401:
            token = oauth.access_token(self.account, self.url, refused=token)
            answer = self._send(method, path, token, **asked)
        return _accepted(answer)

    def as_app(self, method: str, path: str, **asked: Any) -> Json:
        """Ask as the app itself: for web hooks."""
        token = self.account.secrets.get("bearer_token", "")
        if not token:
            raise AccountFailure(
                "no app token", code="bearer", advice=_("Enter the app's bearer token in the settings.")
            )
        return _accepted(self._send(method, path, token, **asked))

    def file(self, path: str, *, max_bytes: int) -> http.Answer:
        """The bytes of a customer's file."""
        token = oauth.access_token(self.account, self.url)
        answer = self._send("GET", path, token, max_bytes=max_bytes)
        _accepted(answer, is_json=False)
        return answer

    def upload(self, file: OutboundFile) -> str:
        """Leave a file with X for a day; its id. Pictures go at once, films in pieces."""
        if not file.content_type.startswith("video/"):
            part = {"media": (file.name, file.read(), file.content_type)}
            form = {"media_category": _category(file), "media_type": file.content_type}
            return _id(self.as_account("POST", "2/media/upload", files=part, form=form, seconds=60.0))
        return self._upload_in_pieces(file)

    def _upload_in_pieces(self, file: OutboundFile) -> str:
        content = file.read()
        about = {"media_type": file.content_type, "total_bytes": len(content), "media_category": _category(file)}
        media = _id(self.as_account("POST", "2/media/upload/initialize", json_body=about))
        for number_, start in enumerate(range(0, len(content), CHUNK)):
            piece = {"media": ("piece", content[start : start + CHUNK], "application/octet-stream")}
            asked = {"files": piece, "form": {"segment_index": str(number_)}, "seconds": 60.0}
            self.as_account("POST", f"2/media/upload/{media}/append", **asked)
        self._await(media, self.as_account("POST", f"2/media/upload/{media}/finalize"))
        return media

    def _await(self, media: str, said: Json) -> None:
        """Wait until X has looked at a film; before that it cannot be sent."""
        for _look in range(MOST_LOOKS):
            state = text(said, "data", "processing_info", "state")
            if state == "failed":
                raise PermanentFailure(
                    "X could not read the film", code="media", advice=_("Send it as another kind of file.")
                )
            if state not in ("pending", "in_progress"):
                return
            time.sleep(min(number(said, "data", "processing_info", "check_after_secs") or 0.0, LONGEST_PAUSE))
            asked = {"command": "STATUS", "media_id": media}
            said = self.as_account("GET", "2/media/upload", params=asked)
        raise TemporaryFailure("X is still looking at the film", code="media")

    def _send(self, method: str, path: str, token: str, **asked: Any) -> http.Answer:
        return http.request(method, f"{self.url}/{path}", headers={"Authorization": f"Bearer {token}"}, **asked)


def _category(file: OutboundFile) -> str:
    return CATEGORIES.get(file.content_type) or CATEGORIES.get(file.content_type.partition("/")[0], "dm_image")


def _id(said: Json) -> str:
    if not (found := text(said, "data", "id")):
        raise PermanentFailure("X named no id for the file", code="media")
    return found


def _accepted(answer: http.Answer, *, is_json: bool = True) -> Json:
    """What X answered; raises what its error means."""
    if answer.is_ok:
        return _read(answer) if is_json else {}
    raise failure(answer.status, _read(answer), answer.headers)


def _read(answer: http.Answer) -> Json:
    try:
        return load(answer.body)
    except ValueError:
        return {}


def failure(status: int, said: Json, headers: Mapping[str, str]) -> DeliveryError:
    """The error of the contract for an answer of X's."""
    code = next((text(one, "code") for one in items(said, "errors") if text(one, "code")), "") or str(status)
    words = (
        text(said, "detail") or next((text(one, "message") for one in items(said, "errors")), "") or text(said, "title")
    )
    problem = PROBLEMS.get(code) or PROBLEMS.get(str(status), TRANSIENT if status >= 500 else PAYLOAD)
    if status == 403 and text(said, "type").rpartition("/")[2] in ABOUT_THE_APP:
        problem = NO_ACCESS
    return problem.failure(words[:300] or f"X answered {status}", code=code, retry_after=_wait(status, headers))


def _wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Until the latest of the limits that are used up ends."""
    if status != 429:
        return None
    ends = [
        number(headers, f"{name}-reset") or 0.0
        for name in ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
        if headers.get(f"{name}-remaining", "0") == "0"
    ]
    wait = max(ends, default=0.0) - timezone.now().timestamp()
    return max(1.0, wait) if wait > -3600 else None
