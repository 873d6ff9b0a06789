"""Operators in a search: `assignee:me status:open channel:Mail time:week "exact words"`, in English or the reader's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from agents.models import User
from conversations.models import Conversation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

OPERATOR = re.compile(r'(?<!\S)([^\s:"]{1,20}):(?:"([^"]{1,80})"|([^\s"]{1,80}))')
NOBODY = ("none", "nobody", pgettext_lazy("search", "nobody"))
# What has a word of its own, beside the names that people gave; the last one is what one types in the active language.
WORDS: dict[str, dict[str, tuple[str | LazyText, ...]]] = {
    "status": {str(name): (str(name), label) for name, label in Conversation.Status.choices},
    "assignee": {"me": ("me", pgettext_lazy("search", "me")), "nobody": NOBODY},
    "team": {"nobody": NOBODY},
    "time": {
        "today": ("today", pgettext_lazy("search", "today")),
        "week": ("week", pgettext_lazy("search", "week")),
        "month": ("month", pgettext_lazy("search", "month")),
        "year": ("year", pgettext_lazy("search", "year")),
    },
}
DAYS = {"today": 0, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True)
class Operator:
    """One condition; `source` as it was typed, `without` the search without it; `name` and `key` are of no language."""

    name: str
    key: str
    value: str
    condition: Q
    source: str
    without: str

    @property
    def label(self) -> str:
        """What it is about, in the active language."""
        return str(KINDS[self.name][0])

    @property
    def since(self) -> datetime | None:
        """From when on, where it is about time."""
        return since(self.key) if self.name == "time" else None


def parsed(text: str, agent: User) -> tuple[str, list[Operator]]:
    """The words of a search, and its operators; what looks like one and is none stays among the words."""
    found: list[Operator] = []
    words = text
    for match in OPERATOR.finditer(text):
        name, value = _named(match[1]), match[2] or match[3]
        condition = _condition(name, value, agent, is_exact=bool(match[2])) if name else None
        if condition is None:
            continue
        found.append(Operator(name, key(name, value), value, condition, match[0], cut(text, [match[0]])))
        words = cut(words, [match[0]])
    return words, found


def cut(text: str, parts: Iterable[str]) -> str:
    """A search without some of its parts."""
    for part in parts:
        text = text.replace(part, " ", 1)
    return " ".join(text.split())


def written(name: str, value: str, *, is_exact: bool = False) -> str:
    """An operator as one would type it, in the active language."""
    return f'{KINDS[name][0]}:"{value}"' if is_exact or " " in value else f"{KINDS[name][0]}:{value}"


def word(name: str, known: str) -> str:
    """What one types for what has a word of its own, in the active language."""
    return str(WORDS[name][known][-1]).lower()


def key(name: str, value: str) -> str:
    """What a value means, whatever the language it was written in."""
    wanted = value.casefold()
    words = WORDS.get(name, {}).items()
    return next((known for known, said in words if wanted in (str(one).casefold() for one in said)), wanted)


def since(period: str) -> datetime:
    """The beginning of a period that ends now."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS[period])


def _named(word: str) -> str:
    """The operator that a word names, in English or in the active language."""
    wanted = word.casefold()
    return next((name for name, (label, _make) in KINDS.items() if wanted in (name, str(label).casefold())), "")


def _condition(name: str, value: str, agent: User, *, is_exact: bool) -> Q | None:
    """What an operator asks for; a name in quotation marks is the whole name. None where the value means nothing."""
    known = key(name, value)
    if known in WORDS.get(name, {}):
        return _meant(name, known, agent)
    field = KINDS[name][1]
    return field(value, "iexact" if is_exact else "icontains") if field else None


def _meant(name: str, known: str, agent: User) -> Q:
    """The condition for one of the words above."""
    if name == "time":
        return Q(active_at__gte=since(known))
    if name == "status":
        return Q(status=known)
    return Q(**{name: agent if known == "me" else None})


def _tag(value: str, _lookup: str) -> Q:
    from_tags = Conversation.tags.through.objects.filter(tag__name__iexact=value)
    return Q(pk__in=from_tags.values("conversation"))


KINDS: dict[str, tuple[LazyText, Callable[[str, str], Q] | None]] = {
    "assignee": (pgettext_lazy("search", "assignee"), lambda value, how: Q(**{f"assignee__name__{how}": value})),
    "status": (pgettext_lazy("search", "status"), None),
    "team": (pgettext_lazy("search", "team"), lambda value, how: Q(**{f"team__name__{how}": value})),
    "channel": (pgettext_lazy("search", "channel"), lambda value, how: Q(**{f"last_channel__name__{how}": value})),
    "time": (pgettext_lazy("search", "time"), None),
    "tag": (pgettext_lazy("search", "tag"), _tag),
}


def examples() -> list[str]:
    """A few searches to begin with, in the active language."""
    is_open, is_pending = (written("status", word("status", name)) for name in ("open", "pending"))
    return [f"{written('assignee', word('assignee', 'me'))} {is_open}", is_pending]
