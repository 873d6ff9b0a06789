"""Search: words, and pairs of signs for Korean, Japanese and Chinese, in a tsvector that we build ourselves.

PostgreSQL's own parser takes a Korean phrase for one word and finds little. Here a run of such signs becomes its overlapping
pairs at consecutive positions, and a query the same pairs as a phrase: 환불 is found in 부분환불을.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from agents.models import User
from conversations.models import Conversation, Message, MessageIndex

# So much of a message is indexed; PostgreSQL takes at most 1 MB of lexemes and 16,383 positions.
INDEXED = 30_000
LAST_POSITION = 16_383
LONGEST_WORD = 64
# So many messages that match are looked at; a query that finds more is too wide to be useful.
LOOKED_AT = 3000
CONTEXT = 60

CJK = "ᄀ-ᇿ぀-ヿ㄰-㆏㐀-䶿一-鿿ꥠ-꥿가-힣豈-﫿"
TOKEN = re.compile(rf"([{CJK}]+)|([^\W_{CJK}]+)")
QUOTED = re.compile(r'"([^"]*)"|(\S+)')


def normal(text: str) -> str:
    """A text as it is compared: one form of each sign, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> Iterator[str]:
    """The tokens of a normalised text in order: words, and the pairs of runs of CJK signs, each run ended by its last sign."""
    for run, word in TOKEN.findall(text):
        if word:
            yield word[:LONGEST_WORD]
        else:
            yield from (run[at : at + 2] for at in range(len(run)))


def vector(subject: str, text: str) -> str:
    """A tsvector as PostgreSQL reads it; what the subject says has the weight A."""
    places: dict[str, list[str]] = {}
    position = 0
    for part, weight in ((subject, "A"), (text, "")):
        for token in tokens(normal(part[:INDEXED].replace("\0", ""))):
            position = min(position + 1, LAST_POSITION)
            places.setdefault(token, []).append(f"{position}{weight}")
        position = min(position + 2, LAST_POSITION)  # no phrase reaches from the subject into the text
    return " ".join(f"'{token}':{','.join(at[:255])}" for token, at in places.items())


INSERT = (
    f"INSERT INTO {MessageIndex._meta.db_table} (message_id, conversation_id, sent_at, vector)"  # noqa: S608
    " VALUES (%s, %s, %s, %s::tsvector) ON CONFLICT (message_id) DO UPDATE"
    " SET conversation_id = excluded.conversation_id, sent_at = excluded.sent_at, vector = excluded.vector"
)


# The bound comes before the order: a word that is everywhere must not be read everywhere.
MATCHES = (
    "SELECT message_id, conversation_id FROM (SELECT message_id, conversation_id, sent_at"  # noqa: S608
    f" FROM {MessageIndex._meta.db_table} WHERE vector @@ %s::tsquery AND sent_at >= %s::timestamptz LIMIT %s) looked_at"
    " ORDER BY sent_at DESC, message_id DESC"
)


def index(message: Message, subject: str) -> None:
    """Let search find a message; called where it is stored or changed, within the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, _columns(message, subject))


def index_many(messages: Iterable[Message]) -> None:
    """Index messages that were stored without; the first one of a conversation carries its subject."""
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [_columns(message, _subject(message)) for message in messages])


def _columns(message: Message, subject: str) -> list[int | str | datetime]:
    return [message.pk, message.conversation_id, message.sent_at, vector(subject, message.text)]


def _subject(message: Message) -> str:
    return message.subject or (message.conversation.subject if message.revision <= 1 else "")


def query(text: str) -> str:
    """A tsquery in which every word must occur, and quoted words next to each other; blank where nothing is asked."""
    parts = [_phrase(quoted or word, is_exact=bool(quoted)) for quoted, word in QUOTED.findall(normal(text))]
    return " & ".join(filter(None, parts))


def _phrase(text: str, *, is_exact: bool) -> str:
    found = []
    for run, word in TOKEN.findall(text):
        if word:
            found.append(f"'{word[:LONGEST_WORD]}'" + ("" if is_exact else ":*"))
        elif len(run) == 1:
            found.append(f"'{run}':*")
        else:
            found += [f"'{run[at : at + 2]}'" for at in range(len(run) - 1)]
    return f"({' <-> '.join(found)})" if found else ""


class Hit(NamedTuple):
    """A message that was found, with what a line about it shows."""

    message: int
    conversation: int
    kind: str
    channel: int | None
    text: str
    sent_at: datetime
    subject: str
    customer: str
    line: SafeString = SafeString("")


class Found(NamedTuple):
    """What a search found, newest first; conversations are those whose subject fits; `is_cut`: more than was looked at."""

    conversations: list[int]
    hits: list[Hit]
    is_cut: bool


def search(agent: User, text: str, *, within: Q | None = None, since: datetime | None = None, limit: int = 50) -> Found:
    """What the agent may see of what has the text in it; `within` narrows the conversations, `since` the messages."""
    wanted = query(text)
    if not wanted:
        return Found([], [], is_cut=False)
    pks, is_cut = _matches(agent, wanted, within, since, limit)
    found = _read(agent, pks)
    words = list(_words(text))
    by_subject = dict.fromkeys(one.conversation for one in found if all(w in normal(one.subject) for w in words))
    hits = [one._replace(line=line(one.text, words)) for one in found if _has(one.text, words)]
    return Found(list(by_subject), hits, is_cut)


def _read(agent: User, pks: Sequence[int]) -> list[Hit]:
    """The messages of these numbers that the agent may see, in the same order."""
    seen = Conversation.objects.visible_to(agent)
    columns = ("pk", "conversation_id", "kind", "channel_id", "said", "sent_at")
    named = ("conversation__subject", "conversation__customer__name")
    # What was said on the telephone stands with its call.
    said = Coalesce(NullIf("text", Value("")), "call__transcript", Value(""), output_field=TextField())
    rows = Message.objects.filter(pk__in=pks, conversation__in=seen).annotate(said=said).values_list(*columns, *named)
    found = {row[0]: Hit(*row) for row in rows}
    return [found[pk] for pk in pks if pk in found]


def _matches(agent: User, wanted: str, within: Q | None, since: datetime | None, limit: int) -> tuple[list[int], bool]:
    """Numbers of messages that match, newest first, out of those that are looked at, and whether there are more."""
    with connection.cursor() as cursor:
        cursor.execute(MATCHES, [wanted, since or "-infinity", LOOKED_AT + 1])
        matches = cursor.fetchall()
    is_cut = len(matches) > LOOKED_AT
    if within is not None or not (agent.is_admin or agent.scope == User.Scope.ALL):
        seen = Conversation.objects.visible_to(agent).filter(pk__in={match[1] for match in matches})
        allowed = set(seen.filter(within or Q()).values_list("pk", flat=True))
        matches = [match for match in matches if match[1] in allowed]
    return [pk for pk, _conversation in matches[:limit]], is_cut


def _words(text: str) -> Iterator[str]:
    for quoted, word in QUOTED.findall(normal(text)):
        yield from (word for word in [quoted or word] if TOKEN.search(word))


def _has(text: str, words: Sequence[str]) -> bool:
    said = normal(text)
    return any(word in said for word in words)


def line(text: str, words: Sequence[str], width: int = CONTEXT) -> SafeString:
    """The part of a text around the first word that it has, with the words marked."""
    flat = " ".join(text.split())
    pattern = re.compile("|".join(re.escape(word) for word in words) or r"(?!)", re.IGNORECASE)
    first = pattern.search(flat)
    start = max(0, first.start() - width // 2) if first else 0
    part = flat[start : start + width * 2]
    return mark_safe(("…" if start else "") + marked(part, pattern) + ("…" if start + width * 2 < len(flat) else ""))


def marked(text: str, pattern: re.Pattern[str]) -> str:
    """A text as HTML with what the pattern finds marked."""
    pieces, at = [], 0
    for match in pattern.finditer(text):
        pieces += [conditional_escape(text[at : match.start()]), f"<mark>{conditional_escape(match[0])}</mark>"]
        at = match.end()
    return "".join([*pieces, conditional_escape(text[at:])])
