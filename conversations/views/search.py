"""The search page: conversations, messages and customers; its address is its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import and_

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import User
from agents.names import initials, tint
from agents.templatetags.desk import icon
from conversations import search
from conversations.lists.inbox import Listing
from conversations.lists.rows import Pen, channel_tiles, fetch
from conversations.models import Conversation, Message
from conversations.models.conversation import ConversationQuerySet
from conversations.search import Found, Hit
from conversations.search.facets import facets
from conversations.search.operators import Operator, examples, parsed
from conversations.views.customers_found import FoundCustomer, customers_found

LONGEST = 200
A_YEAR = timedelta(days=300)
MOST = 50
MOST_OF_A_KIND = 8


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What was found for `q`, grouped; the results alone where a script asks."""
    agent = request.user
    assert isinstance(agent, User)
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    words, operators = parsed(text, agent)
    found = _found(agent, words, operators) if text else {"examples": examples()}
    context = {"text": text, "operators": operators, "facets": facets(agent, text, operators), **found}
    is_part = request.htmx.target == "found"  # type: ignore[attr-defined]
    response = render(request, "search/_part.html" if is_part else "search/page.html", context)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _found(agent: User, words: str, operators: Sequence[Operator]) -> dict[str, object]:
    within = reduce(and_, (one.condition for one in operators)) if operators else None
    since = max((one.since for one in operators if one.since), default=None)
    found = search.search(agent, words, within=within, since=since, limit=MOST)
    customers = customers_found(agent, words, MOST_OF_A_KIND) if words and not operators else []
    rows = fetch(_conversations(agent, words, found, customers, within), agent)
    return {
        "rows": Pen(Listing(agent, view="all")).draw(rows),
        "row_count": len(rows),
        "hits": _drawn(found.hits),
        "hit_count": len(found.hits),
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
    pks += found.conversations + [pk for customer in customers for pk in customer.newest]
    return seen.filter(pk__in=pks[:MOST])


def _drawn(hits: Iterable[Hit]) -> SafeString:
    """The messages that were found; their markup is cut once from its template, at the slots."""
    language = get_language() or ""
    tiles, pieces = channel_tiles(language), _pieces(language)
    oldest = timezone.now() - A_YEAR
    return mark_safe("".join([_filled(pieces, _values(hit, tiles, oldest)) for hit in hits]))


def _values(hit: Hit, tiles: Mapping[int | None, str], oldest: datetime) -> Iterator[str]:
    """What fills the slots of search/_hit.html, in their order."""
    name = hit.customer or _("Unknown customer")
    at = timezone.localtime(hit.sent_at)
    yield f"{hit.conversation}/?view=all#m-{hit.message}"
    yield str(tint(name))
    yield escape(initials(name))
    yield tiles.get(hit.channel, "")
    yield escape(name)
    yield escape(hit.subject)
    yield at.isoformat()
    yield date_format(at, _("M j") if at > oldest else _("M j, Y"))
    yield str(icon("lock", 12)) if hit.kind == Message.Kind.NOTE else ""
    yield hit.line


def _filled(pieces: list[str], values: Iterable[str]) -> str:
    return "".join([part for pair in zip(pieces, [*values, ""], strict=True) for part in pair])


@lru_cache(16)
def _pieces(language: str) -> list[str]:
    return loader.render_to_string("search/_hit.html", {"slot": "\0"}).strip().split("\0")
