"""Rows of a list by their ids: what a screen pulls when it was told that something changed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.lists.inbox import Listing, is_view
from conversations.lists.rows import Pen, by_ids
from conversations.models import Conversation

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
    gone = set(asked) - {row.id for row in found}
    html = Pen(listing).draw(found) + _marked_gone(listing.agent, [pk for pk in asked if pk in gone])
    return HttpResponse(html, headers={"Cache-Control": "no-store"})


def _marked_gone(agent: User, pks: list[int]) -> SafeString:
    """What left the list, and whether the agent may still see it: one that never was looks like one that may not."""
    seen = set(Conversation.objects.visible_to(agent).filter(pk__in=pks).values_list("pk", flat=True)) if pks else set()
    marks = [(pk, "" if pk in seen else mark_safe(" data-barred")) for pk in pks]
    return format_html_join("", '<li id="row-{}" data-gone{}></li>', marks)


def ids(text: str) -> list[int]:
    """Conversation numbers from `1,2,3`; whatever is not one is passed over."""
    numbers = (part for part in text.split(",") if part.isascii() and part.isdigit() and len(part) < 19)
    return list(dict.fromkeys(int(part) for part in numbers))[:MOST]
