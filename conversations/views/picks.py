"""What an agent may choose from for the conversations at hand: agents, teams, times, tags, priorities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import Team, User
from conversations.forms.state import presets
from conversations.models import Conversation, Tag
from conversations.views.rows import ids

MOST = 400


@dataclass(frozen=True)
class Choice:
    """One line of a picker."""

    value: object
    text: str
    key: str = ""
    note: str = ""
    symbol: str = ""
    colour: int = 0
    avatar: bool = False
    dot: str = ""
    current: bool = False
    action: str = ""


@require_safe
@never_cache
def show(request: HttpRequest, what: str) -> HttpResponse:
    """The choices for the conversations `ids`."""
    agent = request.user
    assert isinstance(agent, User)
    if what not in PICKERS:
        raise Http404(what)
    title, symbol, action, field, choices = PICKERS[what]
    seen = Conversation.objects.visible_to(agent).filter(pk__in=ids(request.GET.get("ids", "")))
    shown = {
        "title": title(),
        "symbol": symbol,
        "action": action,
        "field": field,
        "choices": choices(agent, seen.first()),
        "now": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "inbox/_pick.html", shown)


def _agents(agent: User, conversation: Conversation | None) -> Iterable[Choice]:
    now = conversation.assignee_id if conversation else None
    yield Choice("me", _("Me"), note=agent.name, symbol="user-round", current=now == agent.pk)
    yield Choice("", _("Nobody"), symbol="user-round", current=now is None)
    for one in User.objects.answering().exclude(pk=agent.pk)[:MOST]:
        note = one.get_availability_display() if one.availability != User.Availability.ONLINE else ""
        yield Choice(one.pk, one.name, note=note, avatar=True, dot=one.availability, current=now == one.pk)


def _teams(agent: User, conversation: Conversation | None) -> Iterable[Choice]:
    now = conversation.team_id if conversation else None
    for team in Team.objects.all()[:MOST]:
        yield Choice(team.pk, team.name, colour=team.colour, current=now == team.pk)
    yield Choice("", _("No team"), symbol="minus", current=now is None)


def _times(agent: User, conversation: Conversation | None) -> Iterable[Choice]:
    for key, (name, (text, at)) in enumerate(presets().items(), 1):
        note = date_format(at, _("D, M j")) + " " + date_format(at, "TIME_FORMAT")
        yield Choice(name, text, key=str(key), note=note, symbol="alarm-clock")


def _tags(agent: User, conversation: Conversation | None) -> Iterable[Choice]:
    worn = set(conversation.tags.values_list("pk", flat=True)) if conversation else set()
    for tag in Tag.objects.all()[:MOST]:
        is_worn = tag.pk in worn
        yield Choice(tag.name, tag.name, symbol="tag", current=is_worn, action="untag" if is_worn else "tag")


def _priorities(agent: User, conversation: Conversation | None) -> Iterable[Choice]:
    now = conversation.priority if conversation else None
    for value, label in Conversation.Priority.choices:
        yield Choice(value, str(label), key=str(value), symbol="flag", current=now == value)


Choices = Callable[[User, Conversation | None], Iterable[Choice]]
PICKERS: dict[str, tuple[Callable[[], str], str, str, str, Choices]] = {
    "assign": (lambda: _("Assign to…"), "user-plus", "assign", "agent", _agents),
    "team": (lambda: _("Hand to a team…"), "hash", "team", "team", _teams),
    "snooze": (lambda: _("Snooze until…"), "alarm-clock", "snooze", "until", _times),
    "tags": (lambda: _("Tag…"), "tag", "tag", "name", _tags),
    "priority": (lambda: _("Priority…"), "flag", "priority", "priority", _priorities),
}
