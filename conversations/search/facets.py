"""Facets of a search: what narrows it with one click. Each is an operator in the search's text, so its address is its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Team, User
from channels_app.models import Channel
from conversations.models import Conversation, Tag
from conversations.search.operators import Operator, cut, key, word, written

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

# So many of a kind are offered; whoever knows another one types it.
MOST = 10
LONGEST = 80
PERIODS: dict[str, LazyText] = {
    "today": gettext_lazy("Today"),
    "week": gettext_lazy("Last 7 days"),
    "month": gettext_lazy("Last 30 days"),
    "year": gettext_lazy("Last 12 months"),
}
# A conversation can have several of these at once, and a search can ask for several.
TOGETHER = frozenset({"tag"})


@dataclass(frozen=True)
class Value:
    """One line of a facet: what it says, and the search with it; without it where it is chosen."""

    text: str
    search: str
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """What of one kind a search can be narrowed to; `has_more`: only the first ones are offered."""

    title: str
    values: list[Value]
    has_more: bool


@dataclass(frozen=True)
class Offer:
    """What a line says and the value of its operator; `is_name`: somebody gave it, so it is asked for as a whole."""

    text: str
    value: str
    is_name: bool = False


def facets(agent: User, text: str, operators: Sequence[Operator]) -> list[Facet]:
    """What this agent can narrow a search to; no question grows with what the desk holds."""
    found = [(name, str(title), [*offers]) for name, title, offers in _offers(agent)]
    return [
        Facet(title, [_value(name, one, text, operators) for one in offers[:MOST]], len(offers) > MOST)
        for name, title, offers in found
        if offers
    ]


def _offers(agent: User) -> Iterator[tuple[str, str, Iterable[Offer]]]:
    sees_all = agent.is_admin or agent.scope == User.Scope.ALL
    yield "status", _("Status"), _words("status", dict(Conversation.Status.choices))
    if sees_all or agent.scope != User.Scope.MINE:
        yield "channel", _("Channel"), _names(Channel.objects.enabled())
        yield "team", _("Team"), _names(Team.objects.all() if sees_all else agent.teams.all())
        own = _words("assignee", {"me": _("Me"), "nobody": _("Nobody")})
        yield "assignee", _("Assignee"), chain(own, _names(User.objects.answering().exclude(pk=agent.pk)))
    yield "time", _("Time"), _words("time", PERIODS)
    yield "tag", _("Tag"), _names(Tag.objects.all())


def _words(name: str, shown: Mapping[str, object]) -> Iterator[Offer]:
    """What has a word of its own, with what its line says."""
    for known, text in shown.items():
        yield Offer(str(text), word(name, known))


def _names(rows: QuerySet[Any]) -> Iterator[Offer]:
    """Names that an operator can carry, one more than are shown."""
    for name in dict.fromkeys(rows.order_by("name").values_list("name", flat=True)[: MOST + 1]):
        if '"' not in name and 0 < len(name) <= LONGEST:
            yield Offer(name, name, is_name=True)


def _value(name: str, offer: Offer, text: str, operators: Sequence[Operator]) -> Value:
    same = [one for one in operators if one.name == name]
    chosen = next((one for one in same if one.key == key(name, offer.value)), None)
    if chosen:
        return Value(offer.text, chosen.without, is_chosen=True)
    kept = text if name in TOGETHER else cut(text, [one.source for one in same])
    return Value(offer.text, f"{kept} {written(name, offer.value, is_exact=offer.is_name)}".strip(), is_chosen=False)
