"""What HappyTalk's errors mean, by the names that Kakao gives them (InvalidSenderException…); few numbers are documented."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from channels_app.contract import UNKNOWN_PROBLEM, Problem, Trouble

# The first pattern that the words match.
NAMED: tuple[tuple[re.Pattern[str], Problem], ...] = (
    (
        re.compile(r"session", re.IGNORECASE),
        Problem(
            Trouble.WINDOW, _("The customer's chat has ended. They have to open it again, or use another channel.")
        ),
    ),
    (
        re.compile(r"auth|permission|client|token|forbidden", re.IGNORECASE),
        Problem(Trouble.AUTH, _("HappyTalk refuses the client id or its secret. An admin should enter them again.")),
    ),
    (
        re.compile(r"sender", re.IGNORECASE),
        Problem(Trouble.PAYLOAD, _("HappyTalk does not know the sender key of the channel. An admin should check it.")),
    ),
    (
        re.compile(r"user", re.IGNORECASE),
        Problem(Trouble.RECIPIENT, _("KakaoTalk does not know this customer any more."), is_unreachable=True),
    ),
    (
        re.compile(r"image|file|upload", re.IGNORECASE),
        Problem(
            Trouble.PAYLOAD, _("KakaoTalk does not take this file. Send it smaller, in another format, or as a link.")
        ),
    ),
    (re.compile(r"limit|many", re.IGNORECASE), Problem(Trouble.RATE, retry_after=5)),
)


def problem_of(words: str) -> Problem:
    """What the words of an error mean."""
    return next((problem for pattern, problem in NAMED if pattern.search(words)), UNKNOWN_PROBLEM)
