"""What elements of mail programs' HTML mean: class names, ids, attributes and styles."""

import re
from dataclasses import dataclass

from channels_app.mail.quotes.line import ATTRIBUTION, CITED, HEADERS, SIGNATURE

_ANY_NAME = re.compile(
    r"(?P<cited>yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra|front-blockquote|mailru-blockquote"
    r"|olk_src_body_section|messagereplysection|spark_quote|hs_reply|_originalcontent|isreplycontent|oecitation)"
    r"|(?P<scope>(?<!\w)gmail_quote(?:_container)?(?!\w)|moz-forward-container|includetail|mcntmcontent_quote)"
    r"|(?P<attribution>gmail_attr(?!\w)|moz-cite-prefix|moz-email-headers-prefix)"
    r"|(?P<headers>divrplyfwdmsg|outlookmessageheader|olk_header)"
    r"|(?P<signature>(?<!applemail)(?<!outlook-mobile-)signature)"
)
#: The line that Outlook draws above its header block, in the colours of its versions.
_OUTLOOK_LINE = re.compile(r"border-top\s*:\s*(?:solid\s*#?(?:e1e1e1|b5c4df)|#?(?:e1e1e1|b5c4df)[^;]{0,12}solid)")
#: "Indent more" of web mail programs makes a blockquote too.
_INDENT = re.compile(r"border\s*:\s*(?:none|0)|margin\s*:\s*0(?:px)?\s+0(?:px)?\s+0(?:px)?\s+40px")
_CITING_BORDER = re.compile(r"border-left")
_LONGEST_STYLE = 1000


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one element adds for the lines inside of it."""

    marks: int = 0
    depth: int = 0
    is_scope: bool = False


NOTHING = Meaning()


def meaning_of(tag: str, attributes: dict[str, str | None]) -> Meaning:
    """Read the marks that mail programs leave on an element."""
    if tag == "blockquote":
        return _blockquote(attributes)
    if tag == "includetail":
        return Meaning(is_scope=True)
    if tag == "sign":
        return Meaning(marks=SIGNATURE)
    style = attributes.get("style")
    if style and "order-" in style and _OUTLOOK_LINE.search(style[:_LONGEST_STYLE].lower()):
        return Meaning(marks=HEADERS)
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''} {attributes.get('name') or ''}"
    return _named(names) if len(names) > 2 else NOTHING


def _named(names: str) -> Meaning:
    found = _ANY_NAME.search(names[:_LONGEST_STYLE].lower())
    match found.lastgroup if found else None:
        case "cited":
            return Meaning(marks=CITED, depth=1)
        case "scope":
            return Meaning(is_scope=True)
        case "attribution":
            return Meaning(marks=ATTRIBUTION)
        case "headers":
            return Meaning(marks=HEADERS)
        case "signature":
            return Meaning(marks=SIGNATURE)
    return NOTHING


def _blockquote(attributes: dict[str, str | None]) -> Meaning:
    style = (attributes.get("style") or "")[:_LONGEST_STYLE].lower()
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
    if attributes.get("type") == "cite" or "quote" in names or "reply" in names or "cite" in names:
        return Meaning(marks=CITED, depth=1)
    if _CITING_BORDER.search(style):
        return Meaning(marks=CITED, depth=1)
    return NOTHING if _INDENT.search(style) else Meaning(depth=1)
