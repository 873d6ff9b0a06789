"""The counters beside the views: bounded, and counted at most once a second for each agent."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.inbox import COUNTED, Listing, counts, in_view, is_view
from conversations.models import Conversation, Mention, ReadMark
from conversations.models.conversation import ConversationQuerySet
from conversations.views import inbox

Status = Conversation.Status

FRESH_SECONDS = 1
# Counters drawn in the colour of danger while they are not nought.
URGENT = frozenset({"unassigned", "attention"})


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Every counter of the page, each to take the place of the one with its id."""
    agent = request.user
    assert isinstance(agent, User)
    view = request.GET.get("view", "")
    listing = Listing.asked(agent, view, request.GET) if is_view(view) else None
    key = f"counts-{agent.pk}-{listing.view if listing and listing.has_segments else ''}"
    shown = cache.get(key)
    if shown is None:
        shown = counted(agent, listing)
        cache.set(key, shown, FRESH_SECONDS)
    current = _current(listing, shown)
    context = {"counters": [(name, label(n), n, name in URGENT) for name, n in shown.items()], "current": current}
    return render(request, "inbox/_counts.html", context)


def counted(agent: User, listing: Listing | None) -> dict[str, int]:
    """How many conversations wait in each view, and in each segment of the one on the screen."""
    groups = inbox.groups(agent)
    names = ["mine", "unassigned", "all", *(f"team-{team.pk}" for team in groups["teams"])]
    names += [f"channel-{channel.pk}" for channel in groups["channels"]]
    wanted = {name: in_view(agent, name).open() for name in names}
    wanted |= {name: in_view(agent, name) for name in ("snoozed", "drafts", "attention")}
    wanted["mentions"] = _mentioned_anew(agent)
    wanted["rail"] = unread(in_view(agent, "mine").open(), agent)
    if listing and listing.has_segments:
        held = in_view(agent, listing.view)
        wanted |= {f"segment-{name}": held.filter(status=name) for name in (Status.OPEN, Status.PENDING)}
    return counts(wanted)


def _mentioned_anew(agent: User) -> ConversationQuerySet:
    """Conversations with a note that named the agent and was not read."""
    named = Mention.objects.filter(agent=agent, read_at=None).values("message__conversation")
    return Conversation.objects.visible_to(agent).filter(pk__in=named)


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
