"""What a connector raises: a request that is not authentic, a send that did not succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

    Text: TypeAlias = str | LazyText


class Rejected(Exception):
    """The request is not authentic: answer 403, store nothing."""


class DeliveryError(Exception):
    """A send that did not succeed; `code` is the provider's, `advice` a lazy sentence for the agent."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class TemporaryFailure(DeliveryError):
    """Try again later; `retry_after` in seconds where the provider named it."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "", retry_after: float | None = None) -> None:
        super().__init__(message, code=code, advice=advice)
        self.retry_after = retry_after


class AccountFailure(TemporaryFailure):
    """The provider refuses our credentials: the channel is paused and an admin is told."""


class PermanentFailure(DeliveryError):
    """Do not try again: the agent must do something else. `is_unreachable` marks the address as dead."""

    def __init__(self, message: str, *, code: str = "", advice: Text = "", is_unreachable: bool = False) -> None:
        super().__init__(message, code=code, advice=advice)
        self.is_unreachable = is_unreachable


class UnknownOutcome(DeliveryError):
    """The connection broke after the message was handed over: it may have been sent."""
