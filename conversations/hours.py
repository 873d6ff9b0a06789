"""Business hours of an intake, in the desk's time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Opening:
    """Whether somebody is there now, and if not, from when on; None where that will not be within a week."""

    is_open: bool
    opens_at: datetime | None = None


def opening(hours: Hours, now: datetime | None = None) -> Opening:
    """Read hours such as {"mon": [["10:00", "18:00"]]}; no hours at all means always open."""
    local = timezone.localtime(now)
    if not any(hours.values()):
        return Opening(is_open=True)
    spans = list(_spans(hours, local))
    if any(start <= local < end for start, end in spans):
        return Opening(is_open=True)
    return Opening(is_open=False, opens_at=min((start for start, _end in spans if start > local), default=None))


def _spans(hours: Hours, local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open times from yesterday, whose evening may reach into today, to a week from now."""
    for ahead in range(-1, 8):
        date = local.date() + timedelta(days=ahead)
        for start, end in hours.get(DAYS[date.weekday()], ()):
            begins = datetime.combine(date, time.fromisoformat(start), local.tzinfo)
            ends = datetime.combine(date, time.fromisoformat(end), local.tzinfo) if end != "24:00" else None
            if ends is None or ends <= begins:
                ends = datetime.combine(
                    date + timedelta(days=1), time.fromisoformat(end if ends else "00:00"), local.tzinfo
                )
            yield begins, ends
