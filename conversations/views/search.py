"""The search page: conversations, messages and customers; its address is its state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import User
from agents.names import initials, tint
from conversations import search
from conversations.inbox import Listing
from conversations.models import Conversation, Message
from conversations.models.conversation import ConversationQuerySet
from conversations.operators import examples, parsed
from conversations.rows import Pen, channel_tiles, fetch
from conversations.search import Found, Hit
from conversations.views.customers_found import FoundCustomer, customers_found

LONGEST = 200
A_YEAR = timedelta(days=300)
MOST = 50
MOST_OF_A_KIND = 8


class ShownHit(NamedTuple):
    """A message that was found, as the page draws it."""

    href: str
    name: str
    initials: str
    tint: int
    tile: SafeString
    subject: str
    at: str
    day: str
    is_note: bool
    line: SafeString


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What was found for `q`, grouped; the results alone where a script asks."""
    agent = request.user
    assert isinstance(agent, User)
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    context = {"text": text, **(_found(agent, text) if text else {"examples": examples()})}
    is_part = request.htmx.target == "found"  # type: ignore[attr-defined]
    response = render(request, "search/_found.html" if is_part else "search/page.html", context)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _found(agent: User, text: str) -> dict[str, object]:
    words, operators = parsed(text, agent)
    within = reduce(and_, (one.condition for one in operators)) if operators else None
    found = search.search(agent, words, within=within, limit=MOST)
    customers = customers_found(agent, words, MOST_OF_A_KIND) if words and not operators else []
    rows = fetch(_conversations(agent, words, found, customers, within), agent)
    return {
        "operators": operators,
        "rows": Pen(Listing(agent, view="all")).draw(rows),
        "row_count": len(rows),
        "hits": _shown(found.hits),
        "customers": customers,
        "is_cut": found.is_cut,
        "is_empty": not (rows or found.hits or customers),
    }


def _conversations(
    agent: User, words: str, found: Found, customers: Iterable[FoundCustomer], within: Q | None
) -> ConversationQuerySet:
    """Those found by number, subject or customer; without words, the newest that fit the operators."""
    seen = Conversation.objects.visible_to(agent).current().filter(within or Q()).newest_first()
    if not words:
        return seen[:MOST]
    number = words.removeprefix("#")
    pks = [int(number)] if number.isascii() and number.isdigit() and len(number) < 19 else []
    pks += [one.pk for one in found.conversations] + [pk for customer in customers for pk in customer.newest]
    return seen.filter(pk__in=pks[:MOST])


def _shown(hits: Iterable[Hit]) -> list[ShownHit]:
    tiles = channel_tiles(get_language() or "")
    oldest = timezone.now() - A_YEAR
    return [_drawn(hit, mark_safe(tiles.get(hit.message.channel_id, "")), oldest) for hit in hits]


def _drawn(hit: Hit, tile: SafeString, oldest: datetime) -> ShownHit:
    message, conversation = hit.message, hit.message.conversation
    name = str(conversation.customer)
    at = timezone.localtime(message.sent_at)
    return ShownHit(
        f"/conversations/{conversation.pk}/?view=all#m-{message.pk}",
        name,
        initials(name),
        tint(name),
        tile,
        conversation.subject,
        at.isoformat(),
        date_format(at, _("M j") if at > oldest else _("M j, Y")),
        message.kind == Message.Kind.NOTE,
        hit.line,
    )
