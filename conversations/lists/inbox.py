"""The views of the inbox: which conversations each holds for an agent, in which order, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Exists, F, OrderBy, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.models import Conversation, Draft, Mention
from conversations.models.conversation import ConversationQuerySet
from customers.search import named_like

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

Status = Conversation.Status

PAGE = 50
# A counter stops here and shows "999+".
COUNTED = 1000
# The filter box looks through so many conversations of a view, newest first; the search page knows them all.
FILTERED = 5000

OWN_VIEWS: dict[str, tuple[LazyText, str]] = {
    "mine": (_("Mine"), "user-round"),
    "unassigned": (_("Unassigned"), "circle-alert"),
    "mentions": (_("Mentions of me"), "at-sign"),
    "snoozed": (_("Snoozed"), "alarm-clock"),
    "drafts": (_("Drafts"), "pen-line"),
    "attention": (_("Needs attention"), "triangle-alert"),
    "all": (_("All conversations"), "layers"),
}
SAVED_VIEWS: dict[str, tuple[LazyText, str]] = {
    "due": (_("Due soon"), "flame"),
    "vip": (_("VIP customers"), "star"),
}
VIEWS = OWN_VIEWS | SAVED_VIEWS
# An answer is due soon when it is due within this time, or was already; rows turn to amber then, too.
SOON = timedelta(minutes=30)
SEGMENTS: dict[str, LazyText] = {
    Status.OPEN: _("Open"),
    Status.PENDING: _("Pending"),
    Status.RESOLVED: _("Resolved"),
}
# Views that show their conversations whatever the status.
UNDIVIDED = frozenset({"mentions", "snoozed", "drafts", "attention", "due"})
NUMBERED = re.compile(r"(team|channel)-(\d{1,18})")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = 10**16 - 1


@dataclass(frozen=True)
class Sort:
    """An order of the list by one column; `key` makes it a string that falls from the first row to the last."""

    column: str
    label: LazyText
    rises: bool = False

    def key(self, at: int | None, pk: int) -> str:
        """The key of a row; `at` in microseconds since 1970."""
        moment = LATEST if at is None else at
        return f"{LATEST - moment if self.rises else moment:016d}-{pk:012d}"

    def ordering(self) -> tuple[OrderBy, str]:
        column = F(self.column)
        return (column.asc(nulls_last=True) if self.rises else column.desc(), "-id")

    def after(self, key: str) -> Q:
        """What comes after the row with this key; raises ValueError for what is not one."""
        moment, _, pk = key.partition("-")
        value = LATEST - int(moment) if self.rises else int(moment)
        if value == LATEST:
            return Q(**{f"{self.column}__isnull": True}, id__lt=int(pk))
        at = EPOCH + value * MICROSECOND
        if not self.rises:
            # The plain bound lets the index be entered at the right place; the rest decides among equals.
            return Q(**{f"{self.column}__lte": at}) & (Q(**{f"{self.column}__lt": at}) | Q(id__lt=int(pk)))
        same = Q(**{self.column: at}, id__lt=int(pk))
        return Q(**{f"{self.column}__gt": at}) | same | Q(**{f"{self.column}__isnull": True})


SORTS = {
    "newest": Sort("active_at", _("Newest activity first")),
    "oldest": Sort("active_at", _("Oldest activity first"), rises=True),
    "waiting": Sort("waiting_since", _("Longest waiting first"), rises=True),
    "due": Sort("due_at", _("Answer due soonest first"), rises=True),
}
SNOOZED_SORT = Sort("snoozed_until", _("Returning soonest first"), rises=True)


@dataclass(frozen=True)
class Listing:
    """What an agent has on the screen: a view, one segment of it, an order and a filter."""

    agent: User
    view: str = "mine"
    segment: str = Status.OPEN
    sort: str = "newest"
    text: str = ""

    @classmethod
    def asked(cls, agent: User, view: str, query: Mapping[str, str]) -> Listing:
        """The listing that an address asks for; what it does not know falls back to the default."""
        segment, sort = query.get("segment", ""), query.get("sort", "")
        return cls(
            agent,
            view if is_view(view) else "mine",
            segment if segment in SEGMENTS else Status.OPEN,
            sort if sort in SORTS else "newest",
            " ".join(query.get("q", "").replace("\0", "").split())[:100],
        )

    @property
    def has_segments(self) -> bool:
        return self.view not in UNDIVIDED

    @property
    def sorts(self) -> dict[str, Sort]:
        """The orders that make sense here: nobody waits in a resolved conversation."""
        if self.view == "snoozed":
            return {"newest": SNOOZED_SORT}
        if self.view == "due":
            return {"newest": SORTS["due"]}
        if self.has_segments and self.segment == Status.RESOLVED:
            return {name: SORTS[name] for name in ("newest", "oldest")}
        return SORTS

    @property
    def order(self) -> Sort:
        return self.sorts.get(self.sort) or self.sorts["newest"]

    def query(self, **changed: str) -> str:
        """The listing as the query of an address, without what is the default."""
        wanted = replace(self, **changed)  # type: ignore[arg-type]
        values = {"segment": wanted.segment, "sort": wanted.sort, "q": wanted.text}
        defaults = {"segment": Status.OPEN, "sort": "newest", "q": ""}
        return urlencode({name: value for name, value in values.items() if value != defaults[name]})

    @cached_property
    def topics(self) -> list[str]:
        """What to watch so as to hear of every change that can show here."""
        own = f"inbox-agent-{self.agent.pk}"
        if self.view == "mine":
            return [own]
        if self.view.startswith("team-"):
            return [f"inbox-{self.view}"]
        return list(dict.fromkeys([*scope_topics(self.agent, self.teams), own]))

    @cached_property
    def teams(self) -> tuple[int, ...]:
        """The agent's teams, where it depends on them what the agent sees."""
        return teams_of(self.agent)

    def conversations(self) -> ConversationQuerySet:
        """All conversations of the listing, in no order."""
        found = self._of(Conversation.objects.visible_to(self.agent))
        return self._filtered(found) if self.text else found

    def page(self, after: str = "") -> ConversationQuerySet:
        """The first page, or the one after the row with this key; one row more than a page says that there is another."""
        order = self.order.ordering()
        if self.text:
            found = self.conversations()
            return (found.filter(self.order.after(after)) if after else found).order_by(*order)[: PAGE + 1]
        held = self._of(Conversation.objects.all())
        held = held.filter(self.order.after(after)) if after else held
        return first(held.shares_of(self.agent, self.teams), order, PAGE + 1)

    def _of(self, conversations: ConversationQuerySet) -> ConversationQuerySet:
        found = conversations.current().filter(condition(self.agent, self.view))
        return found.filter(status=self.segment) if self.has_segments else found

    def _filtered(self, found: ConversationQuerySet) -> ConversationQuerySet:
        number = self.text.removeprefix("#")
        wanted = Q(subject__icontains=self.text) | Q(customer__in=named_like(self.text).values("pk"))
        if number.isascii() and number.isdigit() and len(number) < 19:
            wanted |= Q(pk=int(number))
        newest = found.newest_first()[:FILTERED].values("pk")
        return Conversation.objects.filter(wanted, pk__in=newest)


def is_view(name: str) -> bool:
    return name in VIEWS or NUMBERED.fullmatch(name) is not None


def first(shares: Sequence[ConversationQuerySet], order: Sequence[Any], number: int) -> ConversationQuerySet:
    """The first few of all shares in an order: the first few of each are enough to know them."""
    tops = [share.order_by(*order)[:number] for share in shares]
    if len(tops) == 1:
        return tops[0]
    pks = tops[0].values("pk").union(*(top.values("pk") for top in tops[1:]))
    return Conversation.objects.filter(pk__in=pks).order_by(*order)[:number]


def teams_of(agent: User) -> tuple[int, ...]:
    """The agent's teams, where the agent sees what these have and no more."""
    if agent.is_admin or agent.scope != User.Scope.TEAMS:
        return ()
    return tuple(agent.memberships.order_by("team").values_list("team", flat=True))


def in_view(agent: User, view: str) -> ConversationQuerySet:
    """What a view holds for an agent, whatever the status (but snoozed: those alone)."""
    return Conversation.objects.visible_to(agent).current().filter(condition(agent, view))


def condition(agent: User, view: str) -> Q:
    """What makes a conversation belong to a view."""
    if match := NUMBERED.fullmatch(view):
        kind, pk = match.groups()
        return Q(team=int(pk)) if kind == "team" else Q(last_channel=int(pk))
    return _conditions(agent)[view]


def _conditions(agent: User) -> dict[str, Q]:
    this = OuterRef("pk")
    return {
        "mine": Q(assignee=agent),
        "unassigned": Q(assignee=None),
        "mentions": Q(Exists(Mention.objects.filter(message__conversation=this, agent=agent))),
        "snoozed": Q(status=Status.SNOOZED) & (Q(assignee=agent) | Q(assignee=None)),
        "drafts": Q(Exists(Draft.objects.filter(conversation=this, agent=agent))),
        "attention": Q(undelivered__gt=0),
        # By the clock of the database: the statement is kept for longer than a moment lasts.
        "due": Q(status=Status.OPEN, due_at__lte=Now() + SOON),
        "vip": Q(customer__is_vip=True),
        "all": Q(),
    }


def scope_topics(agent: User, teams: Iterable[int]) -> list[str]:
    """The topics on which an agent hears of everything that they may see."""
    if agent.is_admin or agent.scope == User.Scope.ALL:
        return ["inbox-all"]
    return [f"inbox-agent-{agent.pk}", *(f"inbox-team-{pk}" for pk in teams)]


def count_statement(
    agent: User, teams: Iterable[int], wanted: Mapping[str, ConversationQuerySet]
) -> tuple[str, list[Any]]:
    """One question for how many of each the agent may see; `wanted` regardless of who asks."""
    queries: list[str] = []
    values: list[Any] = []
    for found in wanted.values():
        parts = [part.order_by().values("pk")[:COUNTED] for part in found.shares_of(agent, teams)]
        compiled = [part.query.sql_with_params() for part in parts]
        union = " UNION ".join(f"({sql})" for sql, _params in compiled)
        queries.append(f"(SELECT count(*) FROM ({union}) counted)")  # noqa: S608
        values += [param for _sql, params in compiled for param in params]
    return f"SELECT {', '.join(queries)}", values


def counts(names: Iterable[str], sql: str, values: Sequence[Any]) -> dict[str, int]:
    """The answer to a `count_statement`: how many of each, up to COUNTED."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {name: min(number, COUNTED) for name, number in zip(names, cursor.fetchone(), strict=True)}
