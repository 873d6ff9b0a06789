"""The words and chips of a row: how long ago, how long until, what matters most. Kept, since they repeat from row to row."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, gettext_lazy

from agents.templatetags.desk import icon

# Less than this until the answer is due: the chip warns.
SOON_MINUTES = 30
# What stands in the list for a message without words, by `Conversation.preview_of`.
WORDLESS = {
    "location": gettext_lazy("(location)"),
    "contact": gettext_lazy("(contact details)"),
    "call": gettext_lazy("(call)"),
    "choice": gettext_lazy("(choice)"),
    "picture": gettext_lazy("(picture)"),
    "film": gettext_lazy("(video)"),
    "sound": gettext_lazy("(sound)"),
    "voice": gettext_lazy("(voice message)"),
    "sticker": gettext_lazy("(sticker)"),
    "story": gettext_lazy("(story)"),
    "recording": gettext_lazy("(recording)"),
    "deleted": gettext_lazy("(deleted message)"),
}


def wordless(what: str) -> str:
    """What stands in the list for a message without words; a file where nothing more is known."""
    return str(WORDLESS[what]) if what in WORDLESS else gettext("(file)")


@lru_cache(512)
def minutes_ago(language: str, minutes: int) -> str:
    """A moment of today: now, minutes or hours."""
    if minutes < 1:
        return gettext("now")
    if minutes < 60:
        return gettext("%(minutes)dm") % {"minutes": minutes}
    return gettext("%(hours)dh") % {"hours": minutes // 60}


@lru_cache(1024)
def days_ago(language: str, days: int, day: date, is_this_year: bool) -> str:
    """A day before today."""
    if days == 1:
        return gettext("yesterday")
    return date_format(day, gettext("M j") if is_this_year else gettext("M j, Y"))


@lru_cache(1024)
def span(language: str, minutes: int) -> str:
    """A length of time in at most two units: 12m, 1h 42m, 3h, 2d."""
    if minutes < 60:
        return gettext("%(minutes)dm") % {"minutes": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 3 and rest:
        return gettext("%(hours)dh %(minutes)dm") % {"hours": hours, "minutes": rest}
    if hours < 48:
        return gettext("%(hours)dh") % {"hours": hours}
    return gettext("%(days)dd") % {"days": hours // 24}


def due_chip(language: str, left: int, at: str) -> str:
    """Until an answer is due, or since it was."""
    text, opening, closing = _due_chip(language, left)
    return f'{opening} data-due="{at}">{closing}{text}</span></span>'


@lru_cache(1024)
def _due_chip(language: str, left: int) -> tuple[str, str, str]:
    tone, symbol = ("danger", "flame") if left < 0 else ("warn" if left < SOON_MINUTES else "ok", "timer")
    text = gettext("%(span)s over") % {"span": span(language, -left)} if left < 0 else span(language, left)
    if tone == "warn":
        text = gettext("%(span)s left") % {"span": text}
    return text, f'<span class="chip chip--{tone}"', f"{icon(symbol)}<span>"


@lru_cache(1024)
def _snoozed_text(language: str, at: datetime, is_today: bool) -> str:
    return date_format(at, "TIME_FORMAT") if is_today else date_format(at, gettext("M j"))


def snoozed_chip(until: datetime, today: date) -> str:
    """When it comes back."""
    local = timezone.localtime(until)
    text = _snoozed_text(get_language() or "", local, local.date() == today)
    return f'<span class="chip chip--accent">{icon("alarm-clock")}<time datetime="{until.isoformat()}">{text}</time></span>'


@lru_cache(16)
def undelivered_chip(language: str) -> str:
    return f'<span class="chip chip--danger">{icon("circle-alert")}{gettext("Not delivered")}</span>'


@lru_cache(16)
def resolved_chip(language: str) -> str:
    return f'<span class="chip">{icon("check")}{gettext("Resolved")}</span>'


@lru_cache(16)
def dot(language: str) -> str:
    return f'<span class="udot" role="img" aria-label="{gettext("Unread")}"></span>'


@lru_cache(16)
def drafted(language: str) -> str:
    return (
        f'<span class="row__draft" role="img" aria-label="{gettext("You have a draft here")}">{icon("pen-line")}</span>'
    )
