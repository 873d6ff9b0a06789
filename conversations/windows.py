"""Until when, and how often, one may write to a customer by a channel that limits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.contract import Capabilities, Window
from conversations.models import ReplyWindow


@dataclass(frozen=True)
class Opening:
    """What a customer's doings let us do now. `sends_left` None: as often as we like; `closes_at` None: no end is known."""

    acted_at: datetime | None = None
    closes_at: datetime | None = None
    sends_left: int | None = None
    has_ended: bool = False
    handles: Mapping[str, str] = field(default_factory=dict)
    is_open_by_handle: bool = False

    @property
    def is_in_time(self) -> bool:
        """Whether the time in which one may write is running, however often one has written."""
        is_over = self.closes_at is not None and self.closes_at <= timezone.now()
        return self.acted_at is not None and not self.has_ended and not is_over

    @property
    def is_open(self) -> bool:
        """Whether one may write freely now."""
        return (self.is_in_time and self.sends_left != 0) or self.is_open_by_handle

    def as_sent(self) -> Window:
        """What a connector is told of it."""
        return Window(self.acted_at, self.closes_at, self.sends_left, self.handles)


def is_limited(can: Capabilities) -> bool:
    """Whether a channel limits when or how often one may answer."""
    times = can.reply_window or can.human_window
    return bool(times) or can.sends_per_turn is not None or can.needs_session


def opening(row: ReplyWindow | None, can: Capabilities, *, is_automatic: bool = False) -> Opening:
    """Read what is kept by what the channel allows; a machine has less time than a person."""
    handles = alive(row.handles) if row else {}
    by_handle = can.opens_by_handle and bool(handles)
    if row is None or row.acted_at is None:
        return Opening(handles=handles, is_open_by_handle=by_handle)
    left = None if can.sends_per_turn is None else max(0, can.sends_per_turn - row.sent_since)
    has_ended = row.ended_at is not None and row.ended_at >= row.acted_at
    return Opening(row.acted_at, _closes_at(row, can, is_automatic), left, has_ended, handles, by_handle)


def _closes_at(row: ReplyWindow, can: Capabilities, is_automatic: bool) -> datetime | None:
    """The end that the provider named, else that of the channel; a person may have longer than either."""
    assert row.acted_at is not None, "the caller has looked"
    ends = [row.closes_at or (row.acted_at + can.reply_window if can.reply_window else None)]
    if can.human_window and not is_automatic:
        ends.append(row.acted_at + can.human_window)
    return max(filter(None, ends), default=None)


def alive(handles: Mapping[str, str]) -> dict[str, str]:
    """The handles that have not ended; what is no time never ends."""
    now = timezone.now()
    return {name: end for name, end in handles.items() if (at := _moment(end)) is None or at > now}


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text) if text else None
    except ValueError:
        return None
    return timezone.make_aware(at) if at and timezone.is_naive(at) else at
