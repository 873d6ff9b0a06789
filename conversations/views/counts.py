"""The counters beside the views: bounded, and pulled at most once a second by each tab."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.lists.inbox import COUNTED, Listing, condition, count_statement, counts, is_view, teams_of
from conversations.models import Conversation, Mention, ReadMark
from conversations.models.conversation import ConversationQuerySet
from conversations.views import inbox

Status = Conversation.Status

# Counters drawn in the colour of danger while they are not nought.
URGENT = frozenset({"unassigned", "attention", "due"})


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Every counter of the page, each to take the place of the one with its id."""
    agent = request.user
    assert isinstance(agent, User)
    view = request.GET.get("view", "")
    listing = Listing.asked(agent, view, request.GET) if is_view(view) else None
    # Not kept for the next tab: what was counted before a nudge must not answer the pull that follows it.
    shown = counted(agent, listing)
    current = _current(listing, shown)
    context = {"counters": [(name, label(n), n, name in URGENT) for name, n in shown.items()], "current": current}
    return render(request, "inbox/_counts.html", context)


def counted(agent: User, listing: Listing | None) -> dict[str, int]:
    """How many conversations wait in each view, and in each segment of the one on the screen."""
    groups = inbox.groups(agent)
    places = [f"team-{team.pk}" for team in groups["teams"]]
    places += [f"channel-{channel.pk}" for channel in groups["channels"]]
    divided = listing.view if listing and listing.has_segments else ""
    return counts(*_statement(agent, agent.scope, agent.role, teams_of(agent), tuple(places), divided))


@lru_cache(1024)
def _statement(
    agent: User, scope: str, role: str, teams: tuple[int, ...], places: tuple[str, ...], divided: str
) -> tuple[tuple[str, ...], str, list[Any]]:
    """What is counted, and the SQL for it; `scope` and `role` are here because it depends on them."""
    wanted = {name: _held(agent, name).open() for name in ("mine", "unassigned", "all", "vip", *places)}
    wanted |= {name: _held(agent, name) for name in ("snoozed", "drafts", "attention", "due")}
    wanted["mentions"] = _mentioned_anew(agent)
    wanted["rail"] = unread(_held(agent, "mine").open(), agent)
    if divided:
        held = _held(agent, divided)
        wanted |= {f"segment-{name}": held.filter(status=name) for name in (Status.OPEN, Status.PENDING)}
    return (tuple(wanted), *count_statement(agent, teams, wanted))


def _held(agent: User, view: str) -> ConversationQuerySet:
    """What belongs to a view; `counts` then leaves out what the agent may not see."""
    return Conversation.objects.current().filter(condition(agent, view))


def _mentioned_anew(agent: User) -> ConversationQuerySet:
    """Conversations with a note that named the agent and was not read."""
    named = Mention.objects.filter(agent=agent, read_at=None).values("message__conversation")
    return Conversation.objects.filter(pk__in=named)


def unread(conversations: ConversationQuerySet, agent: User) -> ConversationQuerySet:
    """Those in which the customer wrote something that the agent has not seen."""
    seen = ReadMark.objects.filter(
        conversation=OuterRef("pk"), agent=agent, revision__gte=OuterRef("last_inbound_revision")
    )
    return conversations.filter(~Exists(seen), last_inbound_revision__gt=0)


def label(number: int) -> str:
    """A counter as it is shown."""
    return f"{COUNTED - 1}+" if number >= COUNTED else str(number)


def _current(listing: Listing | None, shown: dict[str, int]) -> str:
    """The number beside the list's title."""
    if listing is None:
        return ""
    name = f"segment-{listing.segment}" if listing.has_segments else listing.view
    return label(shown[name]) if shown.get(name) else ""
