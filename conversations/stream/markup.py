"""Text of messages as safe markup: links, light Markdown, the names of colleagues."""

from __future__ import annotations

import re

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from conversations.actions.replies import MENTION
from conversations.models import Message

# What light Markdown may become; every other tag and every attribute but a link's address is dropped.
TAGS = {"p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h1", "h2", "h3", "hr"}
ATTRIBUTES = {"a": {"href"}}
SCHEMES = {"http", "https", "mailto", "tel"}
SCRIPTS = {
    "ko": re.compile(r"[가-힣]"),
    "ja": re.compile(r"[ぁ-ゖァ-ヺ]"),
    "zh": re.compile(r"[一-鿿]"),
    "ar": re.compile(r"[؀-ۿ]"),
}
LINK = re.compile(r"\bhttps?://[^\s<>\"'“”]+[^\s<>\"'“”.,;:!?)\]}]", re.IGNORECASE)
MARKS = re.compile(r"(?P<link>https?://[^\s<>\"')\]]+)|\*\*(?=\S)(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")


def language(text: str) -> str:
    """The language that the script of a text gives away; blank where it could be many. Korean breaks only at spaces."""
    return next((code for code, script in SCRIPTS.items() if script.search(text)), "")


def linked(text: str) -> SafeString:
    """Plain text with its web addresses as links."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_link(match[0]))
        end = match.end()
    return mark_safe("".join([*parts, escape(text[end:])]))


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


def cleaned(html: str) -> SafeString:
    """Markup of a reply reduced to what light Markdown makes; safe to put into the page."""
    return mark_safe(
        nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow")
    )
