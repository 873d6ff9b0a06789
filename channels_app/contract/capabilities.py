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


@dataclass(frozen=True)
class MediaLimit:
    """Which files a channel carries: a content-type prefix and the largest size in bytes."""

    prefix: str
    max_bytes: int


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do, as data; composer, validation, splitting, fallbacks and docs read it."""

    max_text: int | None = None
    text_unit: TextUnit = TextUnit.CODE_POINTS
    media: tuple[MediaLimit, ...] = ()
    max_files: int = 10
    has_subject: bool = False
    has_html: bool = False
    has_copies: bool = False
    can_start: bool = False
    reply_window: timedelta | None = None
    sends_delivered: bool = False
    sends_read: bool = False
    shows_typing: bool = False
    quick_replies: int = 0
    has_templates: bool = False
    is_send_idempotent: bool = False
    is_instant: bool = True
    undo_by_delay: bool = False
    is_polled: bool = False
    identity_kind: str = ""
    # A customer may leave this channel without a trace: what stays unread so long follows by another that carries it.
    follows_up_after: timedelta | None = None
    carries_follow_ups: bool = False
