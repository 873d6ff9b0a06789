"""What a connector raises: a request that is not authentic, a send that did not succeed."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


LONGEST_WAIT_SECONDS = 24 * 3600.0


class Trouble(enum.StrEnum):
    """The classes into which every provider's error codes fall; health pages count by them."""

    AUTH = "auth"
    WINDOW = "window"
    RECIPIENT = "recipient"
    PAYLOAD = "payload"
    RATE = "rate"
    TRANSIENT = "transient"


class Rejected(Exception):
    """The request is not authentic: answer 403, store nothing."""


class DeliveryError(Exception):
    """A send that did not succeed; `code` is the provider's, `advice` a lazy sentence for the agent."""

    trouble = Trouble.TRANSIENT

    def __init__(self, message: str, *, code: str = "", advice: Text = "") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class TemporaryFailure(DeliveryError):
    """Try again later; `retry_after` in seconds (a day at most) where the provider named it; `most_tries` where hope ends."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        advice: Text = "",
        retry_after: float | None = None,
        most_tries: int | None = None,
        trouble: Trouble = Trouble.TRANSIENT,
    ) -> None:
        super().__init__(message, code=code, advice=advice)
        self.retry_after = _bounded(retry_after)
        self.most_tries = most_tries
        self.trouble = trouble


def _bounded(seconds: float | None) -> float | None:
    """A number from outside: what is none, or stands for years, must not break or stop the queue."""
    if seconds is None or math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


class AccountFailure(TemporaryFailure):
    """The provider refuses our credentials: the channel is paused and an admin is told."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "", retry_after: float | None = None) -> None:
        super().__init__(message, code=code, advice=advice, retry_after=retry_after, trouble=Trouble.AUTH)


class PermanentFailure(DeliveryError):
    """Do not try again: the agent must do something else.

    `is_unreachable` marks the address as dead; `is_opt_out` says that its owner forbade us to write.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        advice: Text = "",
        is_unreachable: bool = False,
        is_opt_out: bool = False,
        trouble: Trouble | None = None,
    ) -> None:
        super().__init__(message, code=code, advice=advice)
        self.is_unreachable = is_unreachable
        self.is_opt_out = is_opt_out
        self.trouble = trouble or (Trouble.RECIPIENT if is_unreachable or is_opt_out else Trouble.PAYLOAD)


class UnknownOutcome(DeliveryError):
    """The connection broke after the message was handed over: it may have been sent."""


@dataclass(frozen=True)
class Problem:
    """What one error code of a provider means. A connector keeps a table of these, by code."""

    trouble: Trouble
    advice: Text = ""
    retry_after: float | None = None
    most_tries: int | None = None
    is_unreachable: bool = False
    is_opt_out: bool = False

    def failure(self, message: str, *, code: str = "", retry_after: float | None = None) -> DeliveryError:
        """The error to raise for it; `retry_after` is what the provider itself asked for."""
        wait = retry_after if retry_after is not None else self.retry_after
        if self.trouble is Trouble.AUTH:
            return AccountFailure(message, code=code, advice=self.advice, retry_after=wait)
        if self.trouble in (Trouble.RATE, Trouble.TRANSIENT):
            return TemporaryFailure(
                message,
                code=code,
                advice=self.advice,
                retry_after=wait,
                most_tries=self.most_tries,
                trouble=self.trouble,
            )
        return PermanentFailure(
            message,
            code=code,
            advice=self.advice,
            is_unreachable=self.is_unreachable,
            is_opt_out=self.is_opt_out,
            trouble=self.trouble,
        )


# A code that no table names: hope once more, then take it for a mistake in what was sent.
UNKNOWN_PROBLEM = Problem(Trouble.TRANSIENT, most_tries=2)
