"""Rows of a list by their ids: what a screen pulls when it was told that something changed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.lists.inbox import Listing, is_view
from conversations.lists.rows import Pen, by_ids

MOST = 200


@require_safe
def rows(request: HttpRequest, view: str) -> HttpResponse:
    """Those of the asked rows that the list holds now, drawn; the others marked as gone."""
    assert isinstance(request.user, User)
    if not is_view(view):
        raise Http404(view)
    asked = ids(request.GET.get("ids", ""))
    listing = Listing.asked(request.user, view, request.GET)
    found = by_ids(listing, asked)
    gone = [(pk,) for pk in asked if pk not in {row.id for row in found}]
    html = Pen(listing).draw(found) + format_html_join("", '<li id="row-{}" data-gone></li>', gone)
    return HttpResponse(html, headers={"Cache-Control": "no-store"})


def ids(text: str) -> list[int]:
    """Conversation numbers from `1,2,3`; whatever is not one is passed over."""
    numbers = (part for part in text.split(",") if part.isascii() and part.isdigit() and len(part) < 19)
    return list(dict.fromkeys(int(part) for part in numbers))[:MOST]
