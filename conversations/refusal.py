"""The one class by which the desk says no to an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


class Refused(Exception):
    """What was asked cannot be done; `reason` is a sentence for the agent, `code` is for the screen."""

    def __init__(self, reason: str | LazyText, *, code: str = "refused") -> None:
        super().__init__(code)
        self.reason = reason
        self.code = code
