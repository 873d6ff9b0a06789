"""The inbox: one page of views, a list and a conversation."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from agents.models import Team, User
from channels_app.models import Channel
from conversations.lists.inbox import NUMBERED, OWN_VIEWS, PAGE, SAVED_VIEWS, SEGMENTS, VIEWS, Listing, is_view
from conversations.lists.rows import Pen, fetch, first_page
from conversations.views import pane

# Teams and channels that were added show up in the navigation this much later at the most.
NAVIGATION_SECONDS = 5
HEAD_SECONDS = 60


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where an agent lands; an admin of a desk that nobody can reach yet lands at its first steps."""
    if _agent(request).is_admin and not Channel.objects.exists():
        return redirect("conversations:guide")
    return redirect("conversations:inbox", view="mine")


@require_safe
def show(request: HttpRequest, view: str) -> HttpResponse:
    """A view's list, with no conversation open; `after` asks for the page after the row with that key."""
    if not is_view(view):
        raise Http404(view)
    listing = Listing.asked(_agent(request), view, request.GET)
    if "after" in request.GET:
        return _private(render(request, "inbox/_page.html", _rows(listing, request.GET["after"])))
    return page(request, listing)


@require_safe
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """A conversation beside the list that it was opened from, or beside one that holds it."""
    shown = pane.conversation_for(request, pk)
    home = "mine" if shown.assignee_id == request.user.pk else "all"
    listing = Listing.asked(_agent(request), request.GET.get("view", home), request.GET)
    return page(request, listing, pane.pane_context(request, shown))


def page(request: HttpRequest, listing: Listing, context: Mapping[str, Any] | None = None) -> HttpResponse:
    """The whole document, or the list alone where a script asks for it; `context` is what an open conversation needs."""
    shown = {**list_context(listing), **(context or {})}
    if request.htmx.target == "list":  # type: ignore[attr-defined]
        return _private(render(request, "inbox/_list.html", shown))
    shown["navigation"] = _navigation(listing)
    return _private(render(request, "inbox/page.html", shown))


def list_context(listing: Listing) -> dict[str, Any]:
    """What the list shows."""
    shown = _rows(listing)
    if not shown["rows"]:
        shown["has_channels"] = Channel.objects.exists()
    named = title(listing)
    return {
        **shown,
        "listing": listing,
        "title": named,
        "head": _head(listing, named),
        "query": listing.query(),
        "unfiltered": listing.query(text=""),
    }


def _head(listing: Listing, named: str) -> SafeString:
    """What stands above the rows: the same for everybody who has this listing on the screen."""
    key = f"head-{listing.view}-{listing.segment}-{listing.sort}-{get_language()}-{zlib.crc32(named.encode())}"
    html = None if listing.text else cache.get(key)
    if html is None:
        shown = {
            "listing": listing,
            "title": named,
            "segments": [(name, label, listing.query(segment=name)) for name, label in SEGMENTS.items()],
            "sorts": [(name, sort.label, listing.query(sort=name)) for name, sort in listing.sorts.items()],
        }
        html = str(loader.render_to_string("inbox/_list_head.html", shown))
        if not listing.text:
            cache.set(key, html, HEAD_SECONDS)
    return mark_safe(html)


def _rows(listing: Listing, after: str = "") -> dict[str, Any]:
    try:
        rows = fetch(listing.page(after), listing.agent) if after else first_page(listing)
    except (ValueError, OverflowError) as error:
        raise Http404(after) from error
    pen = Pen(listing)
    more = pen.key(rows[PAGE - 1]) if len(rows) > PAGE else ""
    return {"listing": listing, "query": listing.query(), "rows": pen.draw(rows[:PAGE]), "more": more}


def title(listing: Listing) -> str:
    """What the view is called."""
    match = NUMBERED.fullmatch(listing.view)
    if match is None:
        return str(VIEWS[listing.view][0])
    model = Team if match[1] == "team" else Channel
    named = model.objects.filter(pk=match[2]).values_list("name", flat=True).first()
    if named is None:
        raise Http404(listing.view)
    return named


def _navigation(listing: Listing) -> SafeString:
    """The views beside the list: the same for an agent from page to page, so drawn rarely."""
    key = f"navigation-{listing.agent.pk}-{listing.agent.scope}-{listing.view}-{get_language()}"
    html = cache.get(key)
    if html is None:
        html = loader.render_to_string("inbox/_views.html", _navigation_context(listing))
        cache.set(key, str(html), NAVIGATION_SECONDS)
    return mark_safe(html)


def _navigation_context(listing: Listing) -> dict[str, object]:
    shown = groups(listing.agent)
    return {
        "listing": listing,
        "desk_name": settings.DESK_NAME,
        "own": [(name, label, symbol) for name, (label, symbol) in OWN_VIEWS.items()],
        "saved": [(name, label, symbol) for name, (label, symbol) in SAVED_VIEWS.items()],
        "teams": [(f"team-{team.pk}", team) for team in shown["teams"]],
        "channels": [(f"channel-{channel.pk}", channel) for channel in shown["channels"]],
    }


def groups(agent: User) -> dict[str, Any]:
    """The teams and channels whose conversations an agent may look through."""
    if agent.scope == User.Scope.MINE and not agent.is_admin:
        return {"teams": (), "channels": ()}
    sees_all = agent.is_admin or agent.scope == User.Scope.ALL
    return {"teams": Team.objects.all() if sees_all else agent.teams.all(), "channels": Channel.objects.enabled()}


def _agent(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _private(response: HttpResponse) -> HttpResponse:
    """A page of an agent is kept nowhere, and differs for a script."""
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
