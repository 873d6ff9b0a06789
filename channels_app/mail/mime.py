"""The tree of a mail's parts, read by the stdlib's tolerant parser within bounds, and each part's bytes and text."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from email.errors import MessageError
from email.message import Message
from email.parser import BytesFeedParser, BytesHeaderParser
from email.policy import compat32

from channels_app.mail.charsets import Decoded, decode
from channels_app.mail.headers import Headers
from channels_app.mail.words import lenient_base64, raw_bytes

# Opened multiparts: real mail stays below a dozen. The parser compares every line with every open boundary.
MOST_MULTIPARTS = 50
MOST_MULTIPARTS_OF_LARGE = 12
LARGE = 4_000_000
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_EDGE = re.compile(
    r"^--([\x21-\x7e]{1,70})[ \t]*\r?\nContent-(?:Type|Disposition|Transfer-Encoding):", re.MULTILINE | re.IGNORECASE
)
_UU_BEGINS = re.compile(rb"^begin [0-7]{3,4} [^\r\n]{1,255}\r?\n", re.MULTILINE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
# A byte order mark or empty lines before the first header, as pipes and exports put there.
_BLANK = b"\r\n\xef\xbb\xbf"
_FIRST_BLANK = (b"\r", b"\n", b"\xef")
_ENCODED_SPACE = re.compile(rb"[\s]+")


class _Entity(Message):
    """A part the parser opens only if it is a multipart and few are open: whole messages inside stay bytes."""

    is_within_bounds: Callable[[], bool]

    def get_content_type(self) -> str:
        return "multipart/mixed" if self.get_content_maintype() == "multipart" else "application/octet-stream"

    def get_content_maintype(self) -> str:
        if not hasattr(self, "_opens"):
            stated = str(self.get("Content-Type", "")).strip().lower()
            self._opens = stated.startswith("multipart/") and self.is_within_bounds()
        return "multipart" if self._opens else "application"


class Entity:
    """One part: its headers, its type, and either children or content."""

    __slots__ = ("_message", "children", "content_type", "headers")

    def __init__(self, message: Message, hints: Sequence[str] = (), default_type: str = "text/plain") -> None:
        self._message = message
        self.headers = Headers(message.raw_items(), hints)
        self.content_type = _content_type(self.headers, default_type)
        payload = _payload(message)
        inner = "message/rfc822" if self.content_type == "multipart/digest" else "text/plain"
        parts = payload if isinstance(payload, list) else []
        self.children: tuple[Entity, ...] = tuple(
            Entity(part, hints, inner) for part in parts if isinstance(part, Message)
        )
        if not self.children and self.content_type.startswith("multipart/"):
            self.content_type = "text/plain"  # announced, but no boundary in sight: what there is is text

    def walk(self) -> Iterator[Entity]:
        """This part and everything below, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def maintype(self) -> str:
        return self.content_type.partition("/")[0]

    @property
    def disposition(self) -> str:
        return self.headers.value("Content-Disposition")

    @property
    def defects(self) -> list[str]:
        return [type(defect).__name__ for defect in self._message.defects]

    @property
    def preamble(self) -> str:
        return (self._message.preamble or "") if self.children else ""

    def wire(self) -> bytes:
        """The body as it was on the wire, transfer encoding and all."""
        payload = _payload(self._message)
        return raw_bytes(payload) if isinstance(payload, str) else b""

    def content(self) -> bytes:
        """The body without its transfer encoding; wrong or broken encodings yield what can be read."""
        return _undo_encoding(self.wire(), self.headers.value("Content-Transfer-Encoding"))

    def decoded(self) -> Decoded:
        """The body as text, by the charset of the label, of the HTML itself, or by a guess."""
        raw = self.content()
        label = self.headers.parameters("Content-Type").get("charset", "")
        if self.content_type == "text/html" and (stated := _META_CHARSET.search(raw[:4096])):
            found = decode(raw, label, (stated[1].decode("ascii"), *self.headers.hints))
        else:
            found = decode(raw, label, self.headers.hints)
        return Decoded(found.text.replace("\r\n", "\n").replace("\r", "\n"), found.codec, found.is_certain)


def _payload(message: Message) -> object:
    """The stored payload. `get_payload()` decodes 8-bit text by whatever charset is stated, and loses the bytes."""
    return vars(message)["_payload"]


def read_tree(raw: bytes) -> Entity:
    """Parse a mail. Never raises: a mail beyond the parser is one part of text under its headers."""
    raw = raw.lstrip(_BLANK) if raw[:1] in _FIRST_BLANK else raw
    try:
        message = _healed(_parse(raw))
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        message = BytesHeaderParser(policy=compat32).parsebytes(raw)
    return Entity(message, _hints(message))


def _healed(message: Message) -> Message:
    """A multipart whose stated boundary is missing or wrong is taken apart at the one its body shows."""
    payload = _payload(message)
    stated = str(message.get("Content-Type", "")).strip().lower()
    if not isinstance(payload, str) or not stated.startswith("multipart/"):
        return message
    shown = _EDGE.search(payload[:LARGE])
    if shown:
        head = f'Content-Type: {stated.partition(";")[0]}; boundary="{shown[1]}"\r\n\r\n'
        inner = _payload(_parse(raw_bytes(head + payload)))
        if isinstance(inner, list):
            message.set_payload(inner)
    return message


def read_headers(raw: bytes) -> Headers:
    """Only the headers of a mail (of one returned in a bounce, say)."""
    message = BytesHeaderParser(policy=compat32).parsebytes(raw[:262_144].lstrip(_BLANK))
    return Headers(message.raw_items(), _hints(message))


def _parse(raw: bytes) -> Message:
    opened = 0
    most = MOST_MULTIPARTS_OF_LARGE if len(raw) > LARGE else MOST_MULTIPARTS

    def is_within_bounds() -> bool:
        nonlocal opened
        opened += 1
        return opened <= most

    def entity(**options: object) -> _Entity:
        made = _Entity(policy=compat32)
        made.is_within_bounds = is_within_bounds
        return made

    parser = BytesFeedParser(entity, policy=compat32)
    parser.feed(raw)
    return parser.close()


def _hints(message: Message) -> tuple[str, ...]:
    """Charsets the mail names elsewhere, to decode what carries none: its own part's, then what the country suggests."""
    found = dict.fromkeys(
        _WORD_CHARSET.findall(" ".join(str(value) for value in _values(message, ("subject", "from"))))
    )
    for part in message.walk():
        stated = Headers([("t", str(value)) for name, value in part.raw_items() if name.lower() == "content-type"])
        if label := stated.parameters("t").get("charset"):
            found[label.lower()] = None
        if len(found) > 3:
            break
    return (*found, *_by_country(message))


_COUNTRIES = {
    "kr": "cp949",
    "jp": "iso-2022-jp",
    "cn": "gb18030",
    "tw": "big5",
    "hk": "big5",
    "ru": "cp1251",
    "th": "cp874",
}
_LANGUAGES = {"ko": "cp949", "ja": "iso-2022-jp", "zh-cn": "gb18030", "zh-tw": "big5", "ru": "cp1251", "th": "cp874"}
_COUNTRY = re.compile(r"@[^\s>@]{0,255}\.([a-z]{2})\b")
_KNOWN_DOMAINS = {
    **dict.fromkeys(("naver.com", "hanmail.net", "daum.net", "nate.com", "kakao.com"), "cp949"),
    **dict.fromkeys(("qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "aliyun.com"), "gb18030"),
    **dict.fromkeys(("mail.ru", "yandex.ru", "rambler.ru"), "cp1251"),
}


_WORD_CHARSET = re.compile(r"=\?([\w.:-]{2,40})(?:\*[\w-]+)?\?[bBqQ]\?")


def _values(message: Message, names: tuple[str, ...]) -> list[str]:
    return [str(value) for name, value in message.raw_items() if name.lower() in names]


def _by_country(message: Message) -> list[str]:
    headers = {
        name.lower(): str(value) for name, value in message.raw_items() if name.lower() in ("from", "content-language")
    }
    language = _LANGUAGES.get(headers.get("content-language", "").strip().lower())
    sender = headers.get("from", "")[-1000:].lower()
    domain = next((charset for known, charset in _KNOWN_DOMAINS.items() if f"@{known}" in sender), None)
    country = _COUNTRY.search(sender)
    return [hint for hint in (language, domain, country and _COUNTRIES.get(country[1])) if hint]


def _content_type(headers: Headers, default: str) -> str:
    stated = headers.value("Content-Type").replace(" ", "")
    if _TYPE.fullmatch(stated):
        return stated
    # "text", "plain", "html" alone, as old programs write.
    return {"text": "text/plain", "plain": "text/plain", "html": "text/html", "text/": "text/plain"}.get(
        stated, default
    )


def _undo_encoding(wire: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return _from_base64(wire)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(wire)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _from_uu(wire)
    return wire


def _from_base64(wire: bytes) -> bytes:
    packed = _ENCODED_SPACE.sub(b"", wire)
    try:
        return binascii.a2b_base64(packed, strict_mode=True)
    except binascii.Error:
        return _from_broken_base64(wire)


_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def _from_broken_base64(wire: bytes) -> bytes:
    """Keep base64 up to where plain text begins (a list's footer, a scanner's notice) and that text after it."""
    lines = wire.splitlines()
    end = next(
        (at for at, line in enumerate(lines) if line.strip() and not _BASE64_LINE.fullmatch(line.strip())), len(lines)
    )
    if end == 0:
        return wire if b" " in wire.strip() or not wire.isascii() else lenient_base64(wire)
    rest = b"\n".join(lines[end:])
    readable = b" " in rest or rest.strip().startswith((b"-", b"_"))
    return lenient_base64(b"".join(lines[:end])) + (b"\n" + rest if readable else lenient_base64(rest))


def _from_uu(wire: bytes) -> bytes:
    match = _UU_BEGINS.search(wire)
    lines = (wire[match.end() :] if match else wire).partition(b"\nend")[0].splitlines()
    return b"".join(_uu_line(line) for line in lines)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Programs that count the line's length wrongly: take as many bytes as the first sign says.
        count = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        try:
            return binascii.a2b_uu(line[:count])
        except binascii.Error:
            return b""
