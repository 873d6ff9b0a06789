"""HTML of strangers: what is safe to show, with remote images held back."""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3

from channels_app.mail.charsets import clean
from channels_app.mail.nesting import BLOCKS, shallow

# Mail profile: what mail programs write, less everything that runs, loads, submits, covers or tracks.
_INLINE = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "br",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
    ),
    *(
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
        "var",
        "wbr",
    ),
}
DROPPED_WHOLE = {
    *("script", "style", "title", "template", "noscript", "iframe", "object", "embed", "applet", "svg", "math"),
    *("select", "textarea", "audio", "video", "canvas", "frameset", "noembed", "noframes", "xmp"),
}
_CELL = {"align", "valign", "width", "height", "bgcolor", "colspan", "rowspan", "nowrap"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align", "style"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span", "width"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height", "border"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width", "height", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor", "height"},
}
_STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius"),
    *("border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "display"),
    *("font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height"),
    *(
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-width",
        "min-width",
    ),
    *("padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align"),
    *("text-decoration", "text-indent", "text-transform", "unicode-bidi", "vertical-align", "white-space", "width"),
    *("word-break", "word-wrap", "overflow-wrap"),
}
_LOADS = re.compile(r"url|image|expression|\\|@|/\*|attr\s*\(|var\s*\(|env\s*\(", re.IGNORECASE)
_LINK = re.compile(r"\s*(?:https?:|mailto:|tel:)", re.IGNORECASE)
_PICTURE = re.compile(r"\s*(?:https?:|cid:|data:image/(?:png|gif|jpe?g|webp|bmp);base64,)", re.IGNORECASE)
# nh3 writes attributes in double quotes and escapes quotes inside them, so these match whole tags and nothing else.
_IMAGE = re.compile(r"<img\b(?:[^>\"]|\"[^\"]*\")*>")
_REMOTE = re.compile(r"(?<= )src=\"(?=\s*https?:)", re.IGNORECASE)
_HELD = re.compile(r"(?<= )data-src=\"")
_PIXEL = re.compile(
    r" (?:width|height)=\"[01](?:px)?\"| style=\"[^\"]*(?<![-\w])(?:width|height):\s*[01](?:px)?(?![\d.%])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """HTML that loads nothing by itself: pictures of the mail are `cid:`, remote ones wait in `data-src`."""

    html: str
    remote_images: int = 0


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if _LOADS.search(value) and not (value := _harmless(value)) else value
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "src":
        return value if _PICTURE.match(value) else None
    if tag == "blockquote" and name == "type":
        return "cite" if value == "cite" else None
    return value


def _harmless(style: str) -> str:
    return ";".join(part for part in style.split(";") if not _LOADS.search(part)) if "/*" not in style else ""


_cleaner = nh3.Cleaner(
    tags=BLOCKS | _INLINE,
    clean_content_tags=DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    filter_style_properties=_STYLES,
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
)


def clean_html(html: str) -> CleanHtml:
    """Keep what is safe to show in a frame without scripts. Nothing in the result makes a request."""
    safe = _cleaner.clean(shallow(clean(html)))
    held = 0

    def hold(match: re.Match[str]) -> str:
        nonlocal held
        tag, found = _REMOTE.subn('data-src="', match[0], count=1)
        if found and _PIXEL.search(tag):
            return ""  # a counting pixel: no reader wants it, ever
        held += found
        return tag

    return CleanHtml(_IMAGE.sub(hold, safe), held)


def reveal_images(html: str) -> str:
    """Let the remote pictures of cleaned HTML load, once the agent asked for it."""
    return _IMAGE.sub(lambda match: _HELD.sub('src="', match[0], count=1), html)
