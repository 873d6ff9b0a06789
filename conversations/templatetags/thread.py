"""How lines of the thread are drawn."""

from __future__ import annotations

import json
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.template.defaultfilters import date as date_format
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, gettext

from conversations import sources
from conversations.models import Delivery, Event, Message
from conversations.reach import Route
from conversations.stream import contacts, drawing, markup, parts, thread, wording
from customers.models import Customer

register = template.Library()
register.filter("outcome", thread.outcome)
register.filter("shown", contacts.shown)
register.filter("told", sources.told)
register.filter("place", parts.location)
register.filter("map_address", parts.map_address)
register.filter("cards", parts.cards)
register.filter("choice", parts.choice)
register.filter("reactions", parts.reactions)
register.filter("language", markup.language)
register.filter("linked", markup.linked)
register.filter("spoken", markup.spoken)
register.filter("mentions", markup.mentions)
register.filter("cleaned", markup.cleaned)
register.filter("event_icon", wording.symbol)
register.filter("polite", wording.polite)
register.filter("short_time", wording.short_time)
register.filter("day_name", wording.day_name)

# What cannot be shown as plain text without losing something.
RICH = re.compile(r"<(img|table|a|h[1-6]|ul|ol|b|strong|i|em|u|blockquote|hr|pre|font)\b", re.IGNORECASE)

# How mail programs mark an answer in its subject.
ANSWERED = re.compile(r"^(?:\s*(?:re|aw|sv|antw|rv|res|回复|回覆|答复|返信|회신|답장)\s*[:：])+", re.IGNORECASE)


@register.simple_tag(takes_context=True)
def draw_line(context: template.Context, line: thread.Line) -> SafeString:
    """A message or an event of the thread, drawn once for all who see it alike."""
    name = f"message/_{line.kind}.html"

    def draw() -> str:
        with context.push(line=line):
            return _engine(context).get_template(name).render(context)

    key = _message_key(context, line) if line.message else _event_key(context, line)
    return mark_safe(drawing.once((name, *_reader(context), *key), draw) if key else draw())


@register.simple_tag(takes_context=True)
def draw_fixed(context: template.Context, name: str) -> SafeString:
    """A part of the page that is the same for everybody who reads one language."""
    key = (name, get_language())
    return mark_safe(drawing.once(key, lambda: _engine(context).get_template(name).render(template.Context())))


def _engine(context: template.Context) -> template.Engine:
    assert context.template is not None
    return context.template.engine


def _reader(context: template.Context) -> tuple[object, ...]:
    return get_language(), str(timezone.get_current_timezone())


def _message_key(context: template.Context, line: thread.Line) -> tuple[object, ...] | None:
    """All that the drawn message depends on; None where it changes by the clock."""
    message = line.message
    assert message is not None
    if message.kind == Message.Kind.OUTBOUND and (result := thread.outcome(message)) and result.pending_until:
        return None
    speaker = message.author.name if message.author else message.identity.name if message.identity else ""
    files = tuple((file.pk, bool(file.file), file.note, file.fetch_error) for file in message.attachments.all())
    is_own = message.author_id == context["request"].user.pk
    subject = message.conversation.subject
    named = (speaker or context["customer_name"], subject, message.channel and message.channel.kind)
    shape = (is_own, line.is_continued, bool(context.get("still")))
    return (message.pk, message.revision, message.conversation_id, line.key, *named, *shape, files)


def _event_key(context: template.Context, line: thread.Line) -> tuple[object, ...]:
    event = line.event
    assert event is not None
    actor = event.actor.name if event.actor else ""
    return event.pk, line.key, actor, context["request"].user.pk


@register.simple_tag(takes_context=True)
def event_line(context: template.Context, event: Event) -> SafeString:
    """One activity line as a sentence."""
    return wording.sentence(event, context["request"].user)


@register.filter
def is_letter(message: Message) -> bool:
    """Whether a message is drawn as a letter with its subject, rather than as a bubble."""
    if message.kind == Message.Kind.NOTE or message.channel is None:
        return False
    return message.channel.connector.capabilities.has_subject


@register.filter
def own_subject(message: Message) -> bool:
    """Whether a letter has a subject that the head does not say already."""
    told = ANSWERED.sub("", message.subject).strip()
    return bool(told) and told != ANSWERED.sub("", message.conversation.subject).strip()


@register.filter
def is_rich(message: Message) -> bool:
    """Whether its HTML shows more than its text does."""
    return bool(message.html and RICH.search(message.html))


@register.filter
def marks(message: Message) -> list[tuple[str, str]]:
    """What the parser found worth saying of a message: a symbol and a sentence each."""
    said = [code for code in message.notices if code not in wording.UNSAID]
    return [
        ("shield-check" if code == "signed" else "triangle-alert", str(wording.NOTICES.get(code, code)))
        for code in said
    ]


@register.filter
def file_note(note: str) -> str:
    """What a file is beside a file; a summary is given as it is."""
    return str(wording.FILE_NOTES.get(note, note))


@register.filter
def people(message: Message, role: str) -> list[str]:
    """To whom a letter went, as it was written."""
    if message.kind == Message.Kind.OUTBOUND:
        return [one.name or one.address for one in message.deliveries.all() if one.role == role]
    return [person.get("name") or person.get("address", "") for person in message.details.get(role, [])]


STATES: dict[str, str] = {
    Delivery.State.QUEUED: "clock",
    Delivery.State.SENDING: "loader",
    Delivery.State.SENT: "check",
    Delivery.State.DELIVERED: "check-check",
    Delivery.State.READ: "check-check",
    Delivery.State.FAILED: "circle-alert",
    Delivery.State.UNKNOWN: "triangle-alert",
    Delivery.State.CANCELLED: "ban",
}


@register.filter
def state_icon(state: str) -> str:
    return STATES.get(state, "clock")


@register.filter
def state_label(state: str) -> str:
    return str(Delivery.State(state).label)


@register.filter
def visible_files(message: Message) -> list[object]:
    """Its files, without those that its own HTML already shows."""
    shown = is_rich(message)
    return [
        a for a in message.attachments.all() if not (shown and a.is_inline and f"cid:{a.content_id}" in message.html)
    ]


@register.filter
def file_icon(content_type: str) -> str:
    """The symbol of a kind of file."""
    main = content_type.partition("/")[0]
    if main in ("image", "audio", "video"):
        return f"file-{main}"
    if "spreadsheet" in content_type or "excel" in content_type or content_type == "text/csv":
        return "file-spreadsheet"
    return "file-archive" if "zip" in content_type or "compressed" in content_type else "file-text"


@register.filter
def media_kind(content_type: str) -> str:
    """audio or video where a browser plays it; blank otherwise."""
    main = content_type.partition("/")[0]
    return main if main in ("audio", "video") else ""


@register.filter
def media_json(way: Route) -> str:
    """Which files a route carries, for the composer: pairs of a content-type prefix and a size in bytes."""
    return json.dumps([[limit.prefix, limit.max_bytes] for limit in way.capabilities.media])


@register.simple_tag
def customer_clock(customer: Customer) -> str:
    """What time it is where the customer is."""
    try:
        there = timezone.localtime(timezone.now(), ZoneInfo(customer.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    return gettext("%(time)s there") % {"time": date_format(there, get_format("TIME_FORMAT"))}


@register.simple_tag
def language_called(code: str) -> str:
    """A language's name in the reader's language."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


@register.filter
def as_json(value: object) -> str:
    """Data for a script, put into an attribute; an empty list stays a list, what is not there is an empty object."""
    return json.dumps({} if value is None or value == "" else value)
