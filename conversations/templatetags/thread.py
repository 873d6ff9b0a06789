"""How lines of the thread are worded and drawn."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import nh3
from django import template
from django.template.defaultfilters import date as date_format
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import get_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations import contacts, drawing, thread
from conversations.actions.replies import MENTION
from conversations.models import Conversation, Delivery, Event, Message
from conversations.reach import Route
from customers.models import Customer

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

register = template.Library()
register.filter("outcome", thread.outcome)
register.filter("shown", contacts.shown)

# What light Markdown may become; every other tag and every attribute but a link's address is dropped.
TAGS = {"p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h1", "h2", "h3", "hr"}
ATTRIBUTES = {"a": {"href"}}
SCHEMES = {"http", "https", "mailto", "tel"}
LINK = re.compile(r"\bhttps?://[^\s<>\"'“”]+[^\s<>\"'“”.,;:!?)\]}]", re.IGNORECASE)
MARKS = re.compile(r"(?P<link>https?://[^\s<>\"')\]]+)|\*\*(?=\S)(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")
# What cannot be shown as plain text without losing something.
RICH = re.compile(r"<(img|table|a|h[1-6]|ul|ol|b|strong|i|em|u|blockquote|hr|pre|font)\b", re.IGNORECASE)

# How mail programs mark an answer in its subject.
ANSWERED = re.compile(r"^(?:\s*(?:re|aw|sv|antw|rv|res|回复|回覆|答复|返信|회신|답장)\s*[:：])+", re.IGNORECASE)

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
    Event.Kind.SEND_CANCELLED: ("ban", _("{by} stopped a message before it was sent")),
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
    "hidden sender": _("The sender's name pretends to be another address. Take care."),
    "long text": _("This mail is very long; only its beginning is shown. The original is kept."),
    "no sender": _("This mail names no sender."),
    "several senders": _("This mail names several senders. Take care."),
    "signed": _("This mail carries a digital signature."),
    "too many parts": _("This mail has too many parts to show them all. The original is kept."),
    "uncertain charset": _("The character set of this mail is uncertain; some letters may be wrong."),
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
    files = tuple((file.pk, bool(file.file), file.note) for file in message.attachments.all())
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
    """One activity line as a sentence: who did what to what."""
    viewer = context["request"].user
    if event.kind == Event.Kind.ASSIGNED:
        return _sentence(_assigned(event, viewer), _names(event, viewer))
    if event.kind == Event.Kind.MESSAGE_MOVED:
        return _sentence(_moved(event), _names(event, viewer))
    worded = EVENTS.get(event.kind)
    bare = BARE.get(event.kind)
    is_bare = bare is not None and _is_bare(event)
    return _sentence(str(bare if is_bare else worded[1] if worded else event.get_kind_display()), _names(event, viewer))


@register.filter
def event_icon(event: Event) -> str:
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


@register.filter
def polite(name: str) -> str:
    """A name as the language speaks of a person to others: 이서연 님."""
    return pgettext("a person's name in a sentence", "%(name)s") % {"name": name}


@register.filter
def short_time(at: datetime | None) -> str:
    """The time if it is today, the date too if not."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    clock = date_format(local, get_format("TIME_FORMAT"))
    return clock if local.date() == timezone.localdate() else f"{day_name(local)} {clock}"


@register.filter
def day_name(at: datetime) -> str:
    """Today, yesterday, or the date; with the year where it is another."""
    day, today = timezone.localtime(at).date(), timezone.localdate()
    if (today - day).days in (0, 1):
        return gettext("Today") if day == today else gettext("Yesterday")
    return date_format(day, get_format("MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT"))


@register.filter
def linked(text: str) -> SafeString:
    """Plain text with its web addresses as links."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_link(match[0]))
        end = match.end()
    return mark_safe("".join([*parts, escape(text[end:])]))


@register.filter
def spoken(text: str) -> SafeString:
    """A reply on a channel without markup, as the panel of the customer draws it: bold, code and links."""
    parts, end = [], 0
    for match in MARKS.finditer(text):
        parts += [linked(text[end : match.start()]), _marked(match)]
        end = match.end()
    return mark_safe("".join([*parts, linked(text[end:])]))


def _marked(match: re.Match[str]) -> SafeString:
    if match["link"]:
        return linked(match["link"])
    return format_html("<strong>{}</strong>" if match["bold"] else "<code>{}</code>", match["bold"] or match["code"])


def _link(url: str) -> SafeString:
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>', url, url)


@register.filter
def mentions(message: Message) -> SafeString:
    """A note's text with the agents it names marked."""
    named = message.mentions.all() if "@[" in message.text else ()
    names = {str(mention.agent_id): mention.agent.name for mention in named}
    parts, end = [], 0
    for match in MENTION.finditer(message.text):
        parts.append(linked(message.text[end : match.start()]))
        name = names.get(match[1])
        parts.append(format_html('<span class="mention">@{}</span>', name) if name else escape(match[0]))
        end = match.end()
    return mark_safe("".join([*parts, linked(message.text[end:])]))


@register.filter
def cleaned(html: str) -> SafeString:
    """Markup of a reply reduced to what light Markdown makes; safe to put into the page."""
    return mark_safe(
        nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow")
    )


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
    said = [code for code in message.notices if code not in UNSAID]
    return [("shield-check" if code == "signed" else "triangle-alert", str(NOTICES.get(code, code))) for code in said]


@register.filter
def file_note(note: str) -> str:
    """What a file is beside a file; a summary is given as it is."""
    return str(FILE_NOTES.get(note, note))


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
    """Data for a script, put into an attribute."""
    return json.dumps(value or {})
