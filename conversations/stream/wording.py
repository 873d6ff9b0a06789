"""What happened in a conversation, and when, in the words of the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.template.defaultfilters import date as date_format
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import get_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.models import Conversation, Event

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

EVENTS: dict[str, tuple[str, LazyText]] = {
    Event.Kind.CREATED: ("message-square-plus", _("The conversation began on {channel}")),
    Event.Kind.TEAM_CHANGED: ("hash", _("{by} handed it to {name}")),
    Event.Kind.PRIORITY_CHANGED: ("flag", _("{by} set the priority to {priority}")),
    Event.Kind.TAGGED: ("tag", _("{by} added the tag {tag}")),
    Event.Kind.UNTAGGED: ("tag", _("{by} removed the tag {tag}")),
    Event.Kind.RESOLVED: ("circle-check", _("{by} resolved the conversation")),
    Event.Kind.REOPENED: ("rotate-ccw", _("{by} reopened the conversation")),
    Event.Kind.PENDING: ("clock", _("{by} set it to pending")),
    Event.Kind.SNOOZED: ("alarm-clock", _("{by} snoozed it until {until}")),
    Event.Kind.WOKE: ("alarm-clock", _("The conversation is back from snooze")),
    Event.Kind.RENAMED: ("pencil", _("{by} changed the subject; it was {was}")),
    Event.Kind.MERGED: ("merge", _("{by} merged {subject} into this conversation")),
    Event.Kind.CUSTOMER_MERGED: ("merge", _("{by} joined {name} with this customer")),
    Event.Kind.UNDONE: ("undo-2", _("{by} took back the last change")),
    Event.Kind.SEND_FAILED: ("circle-alert", _("A message to {address} was not delivered")),
    Event.Kind.SENT_ON: ("forward", _("Sent on by {channel}, because nobody had read it")),
    Event.Kind.SEND_CANCELLED: ("ban", _("{by} stopped a message before it was sent")),
    Event.Kind.OPTED_OUT: ("bell-off", _("The customer asked not to be written to on {channel}")),
    Event.Kind.OPTED_IN: ("bell", _("The customer allowed to be written to on {channel}")),
}
# The same events where nobody, or nothing in particular, is named.
BARE: dict[str, LazyText] = {
    Event.Kind.TEAM_CHANGED: _("{by} took it from its team"),
    Event.Kind.REOPENED: _("The customer wrote again, and the conversation is open"),
    Event.Kind.RESOLVED: _("The conversation was resolved automatically"),
    Event.Kind.SEND_CANCELLED: _("A message was not sent because the customer wrote first"),
    Event.Kind.CREATED: _("{by} began the conversation"),
    Event.Kind.CUSTOMER_MERGED: _("{name} turned out to be the same customer"),
}
NOTICES: dict[str, LazyText] = {
    "broken structure": _("This mail is built wrongly; some of it may be missing here. The original is kept."),
    "cut off": _("This mail is cut off; its end never came."),
    "encrypted": _("This mail is encrypted; the original can be downloaded."),
    "end-to-end encrypted": _(
        "This message was sent end-to-end encrypted: only the provider's own app can show it. Read and answer it there."
    ),
    "hidden sender": _("The sender's name pretends to be another address. Take care."),
    "incomplete": _("A part of this message has not arrived."),
    "long text": _("This mail is very long; only its beginning is shown. The original is kept."),
    "no sender": _("This mail names no sender."),
    "several senders": _("This mail names several senders. Take care."),
    "signed": _("This mail carries a digital signature."),
    "too many parts": _("This mail has too many parts to show them all. The original is kept."),
    "uncertain charset": _("The character set of this mail is uncertain; some letters may be wrong."),
    "unsupported": _("This kind of content cannot be shown here. Ask the customer to send it in another way."),
    "unreadable": _("A part of this mail could not be read. The original is kept."),
}
FILE_NOTES: dict[str, LazyText] = {
    "calendar": _("Invitation"),
    "encrypted": _("Encrypted"),
    "message": _("Enclosed mail"),
    "signature": _("Signature file"),
    "signed": _("Signed"),
    "unreadable": _("Could not be read"),
}
# What is of no use to whoever answers, or is said elsewhere.
UNSAID = frozenset({"automatic", "repeated headers"})


def sentence(event: Event, viewer: User) -> SafeString:
    """One activity line: who did what to what."""
    if event.kind == Event.Kind.ASSIGNED:
        return _sentence(_assigned(event, viewer), _names(event, viewer))
    if event.kind == Event.Kind.MESSAGE_MOVED:
        return _sentence(_moved(event), _names(event, viewer))
    worded = EVENTS.get(event.kind)
    bare = BARE.get(event.kind)
    is_bare = bare is not None and _is_bare(event)
    return _sentence(str(bare if is_bare else worded[1] if worded else event.get_kind_display()), _names(event, viewer))


def symbol(event: Event) -> str:
    """The symbol before an activity line."""
    if event.kind == Event.Kind.ASSIGNED:
        return "user-round"
    return EVENTS[event.kind][0] if event.kind in EVENTS else "zap"


def _is_bare(event: Event) -> bool:
    if event.kind == Event.Kind.TEAM_CHANGED:
        return not event.data.get("name")
    if event.kind == Event.Kind.CREATED:
        return event.actor_id is not None or not event.data.get("channel")
    return event.actor_id is None


def _assigned(event: Event, viewer: User) -> str:
    to = event.data.get("to")
    if not to:
        return gettext("{by} took it off its agent")
    if to == event.actor_id:
        return gettext("You took the conversation") if to == viewer.pk else gettext("{by} took the conversation")
    return gettext("{by} assigned it to you") if to == viewer.pk else gettext("{by} assigned it to {name}")


def _moved(event: Event) -> str:
    if "to" in event.data:
        return gettext("{by} moved a message to conversation {to}")
    return gettext("{by} moved a message here from conversation {came_from}")


def _names(event: Event, viewer: User) -> dict[str, object]:
    data = event.data
    until = parse_datetime(str(data.get("until") or ""))
    named = {
        "until": short_time(until) if until else "",
        "priority": _priority(data.get("to")) if event.kind == Event.Kind.PRIORITY_CHANGED else "",
        "to": f"#{data.get('to')}",
        "came_from": f"#{data.get('came_from')}",
    }
    texts = {name: data.get(name, "") for name in ("name", "tag", "was", "subject", "address", "channel")}
    marked = {name: format_html('<b dir="auto">{}</b>', value) for name, value in {**texts, **named}.items()}
    return {**marked, "by": _actor(event, viewer)}


def _actor(event: Event, viewer: User) -> SafeString:
    """Who did it, as the subject of a sentence."""
    if event.actor is None:
        return format_html("<b>{}</b>", gettext("The desk"))
    if event.actor_id == viewer.pk:
        return format_html("<b>{}</b>", pgettext("the reader did it", "You"))
    name = format_html('<b dir="auto">{}</b>', event.actor.name)
    return format_html(escape(pgettext("who did it", "{name}")), name=name)


def _priority(value: object) -> str:
    return str(dict[object, object](Conversation.Priority.choices).get(value, value))


def _sentence(text: str, names: dict[str, object]) -> SafeString:
    return format_html(escape(text), **names)


def polite(name: str) -> str:
    """A name as the language speaks of a person to others: 이서연 님."""
    return pgettext("a person's name in a sentence", "%(name)s") % {"name": name}


def short_time(at: datetime | None) -> str:
    """The time if it is today, the date too if not."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    clock = date_format(local, get_format("TIME_FORMAT"))
    return clock if local.date() == timezone.localdate() else f"{day_name(local)} {clock}"


def day_name(at: datetime) -> str:
    """Today, yesterday, or the date; with the year where it is another."""
    day, today = timezone.localtime(at).date(), timezone.localdate()
    if (today - day).days in (0, 1):
        return gettext("Today") if day == today else gettext("Yesterday")
    return date_format(day, get_format("MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT"))
