"""What agents decide about one conversation, each as a resource: resolution, assignment, snooze…"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from agents.models import User
from conversations.forms import state as state_forms
from conversations.forms.state import Decision
from conversations.models import Conversation, Tag
from conversations.views.answers import answer


@require_http_methods(["POST", "DELETE"])
def resolution(request: HttpRequest, pk: int) -> HttpResponse:
    """POST resolves, DELETE reopens; so does a plain form, which cannot DELETE, with `_method`."""
    reopens = "DELETE" in (request.method, request.POST.get("_method", "").upper())
    return _decide(request, pk, state_forms.Reopen if reopens else state_forms.Resolve)


@require_http_methods(["POST", "DELETE"])
def pending(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: we wait for somebody; DELETE: we no longer do."""
    return _decide(request, pk, state_forms.Reopen if request.method == "DELETE" else state_forms.Wait)


@require_http_methods(["POST", "PUT", "DELETE"])
def assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to `agent` (a number, or `me`); DELETE or none: to nobody."""
    return _decide(request, pk, state_forms.Assign)


@require_http_methods(["POST", "PUT", "DELETE"])
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand it to `team`; DELETE or none: to no team."""
    return _decide(request, pk, state_forms.GiveToTeam)


@require_http_methods(["POST", "PUT"])
def priority(request: HttpRequest, pk: int) -> HttpResponse:
    """Set `priority`, 1 (low) to 4 (urgent)."""
    return _decide(request, pk, state_forms.Prioritise)


@require_http_methods(["POST", "DELETE"])
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """POST puts it away until `until`, DELETE brings it back now."""
    return _decide(request, pk, state_forms.Reopen if request.method == "DELETE" else state_forms.Snooze)


@require_http_methods(["POST"])
def tags(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the tag `name` on it."""
    return _decide(request, pk, state_forms.AddTag)


@require_http_methods(["POST", "DELETE"])
def tag(request: HttpRequest, pk: int, tag: int) -> HttpResponse:
    """Take a tag off it."""
    return _decide(request, pk, state_forms.RemoveTag, {"name": get_object_or_404(Tag, pk=tag).name})


@require_http_methods(["POST"])
def unread(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it as not read by this agent."""
    return _decide(request, pk, state_forms.MarkUnread)


@require_http_methods(["POST", "PUT"])
def subject(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it another `subject`."""
    return _decide(request, pk, state_forms.Rename)


@require_http_methods(["POST", "DELETE"])
def following(request: HttpRequest, pk: int) -> HttpResponse:
    """POST follows, DELETE no longer does."""
    return _decide(request, pk, state_forms.Unfollow if request.method == "DELETE" else state_forms.Follow)


def _decide(
    request: HttpRequest, pk: int, decision: type[Decision], data: Mapping[str, Any] | None = None
) -> HttpResponse:
    assert isinstance(request.user, User)
    conversation = get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)
    form = decision(data or sent(request), by=request.user)
    return answer(request, form, [conversation])


def sent(request: HttpRequest) -> QueryDict:
    """The form that came along, by whatever method."""
    if request.method == "POST":
        return request.POST
    return QueryDict(request.body) if request.method == "PUT" else QueryDict()
