"""Operators in a search: `assignee:me status:open channel:Mail "exact words"`, in English or the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from agents.models import User
from conversations.models import Conversation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

OPERATOR = re.compile(r'(?<!\S)([^\s:"]{1,20}):(?:"([^"]{1,80})"|([^\s"]{1,80}))')
ME = ("me", "나")
NOBODY = ("nobody", "none", "없음")


@dataclass(frozen=True)
class Operator:
    """One condition as it was written, and the search without it."""

    label: str
    value: str
    condition: Q
    without: str


def parsed(text: str, agent: User) -> tuple[str, list[Operator]]:
    """The words of a search, and its operators; what looks like one and is none stays among the words."""
    found: list[Operator] = []
    words = text
    for match in OPERATOR.finditer(text):
        name, value = _named(match[1]), match[2] or match[3]
        condition = KINDS[name][1](value, agent) if name else None
        if condition is None:
            continue
        label = str(KINDS[name][0])
        found.append(Operator(label, value, condition, " ".join(text.replace(match[0], " ", 1).split())))
        words = words.replace(match[0], " ", 1)
    return " ".join(words.split()), found


def _named(word: str) -> str:
    """The operator that a word names, in English or in the active language."""
    wanted = word.casefold()
    return next((name for name, (label, _make) in KINDS.items() if wanted in (name, str(label).casefold())), "")


def _assignee(value: str, agent: User) -> Q | None:
    if value.casefold() in ME:
        return Q(assignee=agent)
    return Q(assignee=None) if value.casefold() in NOBODY else Q(assignee__name__icontains=value)


def _status(value: str, agent: User) -> Q | None:
    for name, label in Conversation.Status.choices:
        if value.casefold() in (name, str(label).casefold()):
            return Q(status=name)
    return None


def _team(value: str, agent: User) -> Q | None:
    return Q(team=None) if value.casefold() in NOBODY else Q(team__name__icontains=value)


def _channel(value: str, agent: User) -> Q | None:
    return Q(last_channel__name__icontains=value)


def _tag(value: str, agent: User) -> Q | None:
    return Q(pk__in=Conversation.tags.through.objects.filter(tag__name__iexact=value).values("conversation"))


KINDS: dict[str, tuple[LazyText, Callable[[str, User], Q | None]]] = {
    "assignee": (pgettext_lazy("search", "assignee"), _assignee),
    "status": (pgettext_lazy("search", "status"), _status),
    "team": (pgettext_lazy("search", "team"), _team),
    "channel": (pgettext_lazy("search", "channel"), _channel),
    "tag": (pgettext_lazy("search", "tag"), _tag),
}


def examples() -> list[str]:
    """A few searches to begin with, in the active language."""
    label = {name: str(kind[0]) for name, kind in KINDS.items()}
    open_, pending = Conversation.Status.OPEN.label, Conversation.Status.PENDING.label
    return [f"{label['assignee']}:{_('me')} {label['status']}:{open_}".lower(), f"{label['status']}:{pending}".lower()]
