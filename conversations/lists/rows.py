"""What a row of the list shows: its lasting part is drawn once a revision, what differs by agent and hour is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection
from django.db.models import BigIntegerField, FilteredRelation, Func, Q, QuerySet
from django.template import loader
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from agents.models import User
from agents.templatetags.desk import channel_tile
from channels_app.models import Channel
from conversations.lists.inbox import EPOCH, MICROSECOND, Listing
from conversations.lists.row_words import (
    SOON_MINUTES,
    days_ago,
    dot,
    drafted,
    due_chip,
    minutes_ago,
    resolved_chip,
    snoozed_chip,
    undelivered_chip,
    wordless,
)
from conversations.models import Conversation, Draft
from conversations.models.conversation import ConversationQuerySet

MINUTE = 60_000_000
HALF_A_DAY = 12 * 60
# How the composer writes that a note names an agent: `@[Name](12)`.
MENTION = re.compile(r"@\[([^\]]{1,120})\]\(\d{1,18}\)")

COLUMNS = (
    "id",
    "revision",
    "customer__name",
    "customer__is_vip",
    "customer__language",
    "last_channel_id",
    "subject",
    "preview",
    "preview_kind",
    "preview_of",
    "preview_author_id",
    "preview_author__name",
    "active",
    "status",
    "snoozed",
    "due",
    "undelivered",
    "waiting",
    "last_inbound_revision",
    "mark__revision",
    "draft__id",
)
# Drawn rows kept in each process: about 2 KB each.
KEPT = 5_000
# Stands in a statement for the numbers that are asked for.
ASKED: list[int] = []
# Filled in each time a row is shown, in this order; no text from outside can have a NUL in it.
SLOTS = ("key", "query", "css", "time", "dot", "draft", "by", "chip")


class Micros(Func):
    """A time as microseconds since 1970: read ten times as fast as a datetime."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


class Row(NamedTuple):
    """One conversation as the list shows it to one agent; times in microseconds since 1970."""

    id: int
    revision: int
    name: str
    is_vip: bool
    language: str
    channel_id: int | None
    subject: str
    preview: str
    preview_kind: str
    preview_of: str
    author_id: int | None
    author_name: str | None
    active_at: int
    status: str
    snoozed_until: int | None
    due_at: int | None
    undelivered: int
    waiting_since: int | None
    last_inbound_revision: int
    seen: int | None
    draft_id: int | None

    @property
    def is_unread(self) -> bool:
        return self.last_inbound_revision > (self.seen or 0)


def fetch(conversations: ConversationQuerySet, agent: User) -> list[Row]:
    """The rows of conversations in their order: one query, whatever their number."""
    return [Row._make(values) for values in _columns(conversations, agent)]


def first_page(listing: Listing) -> list[Row]:
    """The rows that a listing begins with, one more than a page where there is another."""
    if listing.text:
        return fetch(listing.page(), listing.agent)
    return _run(*_statement(listing, listing.agent.scope, listing.agent.role, listing.teams))


def by_ids(listing: Listing, ids: list[int]) -> list[Row]:
    """Those of the asked rows that the listing holds, in its order."""
    if listing.text:
        return fetch(_asked(listing, ids), listing.agent)
    sql, params = _statement_by_ids(listing, listing.agent.scope, listing.agent.role)
    return _run(sql, tuple(ids if value is ASKED else value for value in params))


def _asked(listing: Listing, ids: list[int]) -> ConversationQuerySet:
    held = listing.conversations().order_by(*listing.order.ordering())
    return held.extra(where=["conversations_conversation.id = ANY(%s)"], params=[ids])  # type: ignore[return-value]


def _run(sql: str, params: tuple[Any, ...]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Row._make(values) for values in cursor.fetchall()]


@lru_cache(2048)
def _statement_by_ids(listing: Listing, scope: str, role: str) -> tuple[str, tuple[Any, ...]]:
    return _columns(_asked(listing, ASKED), listing.agent).query.sql_with_params()


@lru_cache(2048)
def _statement(listing: Listing, scope: str, role: str, teams: tuple[int, ...]) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a listing's first page: putting it together costs more than running it.

    The arguments beside the listing are what it depends on and what may change from one request to the next.
    """
    return _columns(listing.page(), listing.agent).query.sql_with_params()


def _columns(conversations: ConversationQuerySet, agent: User) -> QuerySet[Any, tuple[Any, ...]]:
    mark = FilteredRelation("read_marks", condition=Q(read_marks__agent=agent))
    draft = FilteredRelation("drafts", condition=Q(drafts__agent=agent, drafts__kind=Draft.Kind.REPLY))
    times = {
        "active": Micros("active_at"),
        "snoozed": Micros("snoozed_until"),
        "due": Micros("due_at"),
        "waiting": Micros("waiting_since"),
    }
    return conversations.annotate(mark=mark, draft=draft, **times).values_list(*COLUMNS)


class Pen:
    """Draws rows for one listing at one moment."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.order = listing.order
        self.language = get_language() or ""
        self.now = timezone.now()
        self.today = timezone.localdate(self.now)
        self.now_micros = (self.now - EPOCH) // MICROSECOND
        query = listing.query()
        self.query = escape(f"?view={listing.view}&{query}" if query else f"?view={listing.view}")
        self.dot = dot(self.language)
        self.tiles = channel_tiles(self.language)

    def draw(self, rows: Iterable[Row]) -> SafeString:
        """The rows as HTML."""
        return mark_safe("".join([self.row(row) for row in rows]))

    def key(self, row: Row) -> str:
        return self.order.key(getattr(row, self.order.column), row.id)

    def row(self, row: Row) -> str:
        """One row: what lasts, with its slots filled."""
        tile = self.tiles.get(row.channel_id, "")
        a, b, c, d, e, f, g, h, i = lasting(
            self.language, row.id, row.revision, row.name, row.is_vip, row.language, tile,
            row.subject, row.preview, row.preview_kind, row.preview_of,
        )  # fmt: skip
        unread, dot = (" row--unread", self.dot) if row.is_unread else ("", "")
        pencil = drafted(self.language) if row.draft_id else ""
        return (
            f"{a}{self.key(row)}{b}{self.query}{c}{unread}{d}{self.time(row.active_at)}{e}{dot}"
            f"{f}{pencil}{g}{self.by(row)}{h}{self.chip(row)}{i}"
        )

    def time(self, moment: int) -> str:
        """How long ago, in words that the script then keeps true."""
        at = EPOCH + timedelta(microseconds=moment)
        minutes = (self.now_micros - moment) // MINUTE
        if minutes < HALF_A_DAY:
            text = minutes_ago(self.language, minutes)
        else:
            local = timezone.localtime(at)
            days = (self.today - local.date()).days
            text = (
                minutes_ago(self.language, minutes)
                if days < 1
                else days_ago(self.language, days, local.date(), local.year == self.today.year)
            )
        return f'<time class="row__time" datetime="{at.isoformat()}" data-ago>{text}</time>'

    def by(self, row: Row) -> str:
        """Who of us wrote what the row shows."""
        if row.author_id is None or not row.preview_kind:
            return ""
        who = gettext("Me") if row.author_id == self.listing.agent.pk else escape(row.author_name or "")
        return f"<b>{who}:</b> "

    def chip(self, row: Row) -> str:
        """The one thing about the row that matters most."""
        is_resolved = row.status == Conversation.Status.RESOLVED
        if row.undelivered:
            return undelivered_chip(self.language)
        if row.due_at is not None and not is_resolved:
            left = (row.due_at - self.now_micros) // MINUTE
            if left < SOON_MINUTES or row.snoozed_until is None:
                return due_chip(self.language, left, (EPOCH + timedelta(microseconds=row.due_at)).isoformat())
        if row.snoozed_until is not None:
            return snoozed_chip(EPOCH + timedelta(microseconds=row.snoozed_until), self.today)
        return resolved_chip(self.language) if is_resolved and not self.listing.has_segments else ""


@lru_cache(KEPT)
def lasting(
    language: str,
    pk: int,
    revision: int,
    name: str,
    is_vip: bool,
    spoken: str,
    tile: str,
    subject: str,
    preview: str,
    preview_kind: str,
    preview_of: str,
) -> list[str]:
    """The part of a row that stays until its conversation changes, cut at the slots."""
    row = {
        "id": pk,
        "revision": revision,
        "name": name or gettext("Unknown customer"),
        "is_vip": is_vip,
        "lang": spoken if spoken.partition("-")[0] != language else "",
        "tile": mark_safe(tile),
        "subject": subject or gettext("(no subject)"),
        "preview": MENTION.sub(r"@\1", preview) or (wordless(preview_of) if preview_kind else ""),
        "is_note": preview_kind == "note",
    }
    return loader.render_to_string("inbox/_row.html", {"row": row, **dict.fromkeys(SLOTS, "\0")}).strip().split("\0")


def channel_tiles(language: str) -> dict[int | None, str]:
    """Every channel's tile, drawn; read again every few seconds."""
    key = f"channel-tiles-{language}"
    tiles: dict[int | None, str] | None = cache.get(key)
    if tiles is None:
        tiles = {channel.pk: str(channel_tile(channel)) for channel in Channel.objects.all()}
        cache.set(key, tiles, 5)
    return tiles
