"""What a channel can do, as data."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta


class TextUnit(enum.StrEnum):
    """The unit in which a provider counts the length of a text."""

    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    BYTES = "bytes"
    GSM_SEGMENTS = "GSM segments"


class Outside(enum.StrEnum):
    """What may still be sent when the reply window has closed."""

    NOTHING = "nothing"
    TEMPLATE = "template"
    PAID = "paid"


@dataclass(frozen=True)
class MediaLimit:
    """Which files a channel carries: a content-type prefix and the largest size in bytes."""

    prefix: str
    max_bytes: int


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do, as data; composer, validation, splitting, fallbacks and docs read it."""

    # Text. A longer one goes out in several parts where `most_parts` allows; `max_caption` is the text beside a file,
    # None: texts and files go in messages of their own; `takes_whole`: whatever it is, it is one message (a mail).
    max_text: int | None = None
    text_unit: TextUnit = TextUnit.CODE_POINTS
    most_parts: int = 1
    max_caption: int | None = None
    takes_whole: bool = False
    has_subject: bool = False
    has_html: bool = False
    has_copies: bool = False

    # Files; `files_per_part` of them in one message of the provider's. `fetches_files`: it takes addresses, not bytes.
    media: tuple[MediaLimit, ...] = ()
    max_files: int = 10
    files_per_part: int = 1
    fetches_files: bool = False

    # When one may write. `reply_window` runs from the customer's last action; `human_window` is the longer time in which
    # a person (no machine) may still answer; `sends_per_turn` is how often before the customer must say something again;
    # `needs_session`: only while the provider says that a session is open; `ends_sessions`: we close it when we are done.
    can_start: bool = False
    reply_window: timedelta | None = None
    human_window: timedelta | None = None
    sends_per_turn: int | None = None
    needs_session: bool = False
    ends_sessions: bool = False
    outside_window: Outside = Outside.NOTHING
    # `has_comments`: what is said in public comes in too and is answered there, for which there is no window.
    # `opens_by_handle`: what the provider gave us to answer with lets us write once, window or not.
    has_comments: bool = False
    opens_by_handle: bool = False
    has_templates: bool = False
    only_templates: bool = False
    obeys_opt_out: bool = False

    # What the provider tells us, and what we can tell it.
    sends_delivered: bool = False
    sends_read: bool = False
    receives_typing: bool = False
    shows_typing: bool = False
    marks_read: bool = False
    reactions: tuple[str, ...] | None = ()
    quotes: bool = False
    quick_replies: int = 0
    quick_reply_title: int = 20
    is_send_idempotent: bool = False
    # Seconds before each further try, for a channel that wants others than the desk's own; when they are used up it failed.
    retry_seconds: tuple[int, ...] = ()
    is_instant: bool = True
    undo_by_delay: bool = False
    is_polled: bool = False
    has_profiles: bool = False
    is_voice: bool = False
    makes_rooms: bool = False

    # Whom it reaches: identities of its own kind, and those of other kinds (a phone number, say).
    identity_kind: str = ""
    also_reaches: frozenset[str] = frozenset()

    # A customer may leave this channel without a trace: what stays unread so long follows by another that carries it.
    follows_up_after: timedelta | None = None
    carries_follow_ups: bool = False

    @property
    def reaches(self) -> frozenset[str]:
        """Every kind of identity that this channel can write to."""
        return self.also_reaches | {self.identity_kind}

    @property
    def can_react(self) -> bool:
        """Whether an agent can react with an emoji: any (None) or one of a few."""
        return self.reactions is None or bool(self.reactions)
