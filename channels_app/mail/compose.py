"""Write a mail: dataclass in, bytes out. Every line is pure ASCII below 998 signs and no value can add a header.

The bytes are put together here because the stdlib folds long References and encoded names in ways that break them.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from channels_app.mail.addresses import normalise
from channels_app.mail.automatic import DELIVERY_HEADER, LOOP_HEADER
from channels_app.mail.charsets import clean
from channels_app.mail.model import MailAddress
from channels_app.mail.names import safe_name

FIRST_REFERENCES, LAST_REFERENCES = 1, 20
_LINE = 76
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")
_ID = re.compile(r"[!-;=?-~]+")
_OWN_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send; with a `content_id` it is a picture that the HTML shows as `cid:`."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """All that a mail says. Bcc is not here: it belongs to the envelope alone.

    `automatic` is "" for a person's mail, else "auto-replied" (an answer) or "auto-generated" (a notice) of RFC 3834.
    `delivery` names our delivery row, `instance` this installation; both come back in bounces.
    """

    from_: MailAddress
    to: Sequence[MailAddress]
    subject: str
    text: str
    html: str = ""
    cc: Sequence[MailAddress] = ()
    reply_to: Sequence[MailAddress] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    date: datetime | None = None
    files: Sequence[OutgoingFile] = ()
    automatic: str = ""
    delivery: str = ""
    instance: str = ""
    headers: Sequence[tuple[str, str]] = ()


def make_message_id(domain: str) -> str:
    """A new id (without brackets) of our own, to be fixed before the first try and kept for every further one."""
    return f"{secrets.token_hex(16)}@{domain}"


def compose(mail: OutgoingMail) -> bytes:
    """The mail as bytes with CRLF lines. Raises ValueError for addresses or ids that cannot stand in a header."""
    headers = [
        ("From", _addresses([mail.from_])),
        ("To", _addresses(mail.to)),
        ("Cc", _addresses(mail.cc)),
        ("Reply-To", _addresses(mail.reply_to)),
        ("Subject", _unstructured(mail.subject)),
        ("Date", format_datetime((mail.date or datetime.now(UTC)).astimezone(UTC))),
        ("Message-ID", _ids([mail.message_id or make_message_id(_domain(mail.from_))])),
        ("In-Reply-To", _ids([mail.in_reply_to] if mail.in_reply_to else [])),
        ("References", _ids(capped(mail.references or ([mail.in_reply_to] if mail.in_reply_to else [])))),
        *_automatic(mail),
        (DELIVERY_HEADER, _unstructured(mail.delivery)),
        *((_header_name(name), _unstructured(value)) for name, value in mail.headers),
        ("MIME-Version", "1.0"),
    ]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    return lines.encode("ascii") + _content(mail)


def capped(references: Sequence[str]) -> list[str]:
    """The first reference and the last twenty: enough for every mail program, and no header without end."""
    unique = list(dict.fromkeys(reference.strip("<> ") for reference in references))
    if len(unique) <= FIRST_REFERENCES + LAST_REFERENCES:
        return unique
    return unique[:FIRST_REFERENCES] + unique[-LAST_REFERENCES:]


def _automatic(mail: OutgoingMail) -> list[tuple[str, str]]:
    """What keeps two machines from answering each other. A person's mail carries none of it."""
    if not mail.automatic:
        return []
    if mail.automatic not in ("auto-replied", "auto-generated"):
        raise ValueError(f"not a value of Auto-Submitted: {mail.automatic}")
    return [
        ("Auto-Submitted", mail.automatic),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "auto_reply" if mail.automatic == "auto-replied" else "bulk"),
        (LOOP_HEADER, _unstructured(mail.instance or "1")),
    ]


# ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _one_line(value: str) -> str:
    return clean(_CONTROL.sub(" ", value)).strip()


def _header_name(name: str) -> str:
    if not _OWN_HEADER.fullmatch(name):
        raise ValueError(f"not a header name: {name!r}")
    return name


def _unstructured(value: str) -> str:
    value = _one_line(value)
    if value.isascii() and "=?" not in value and all(len(word) < _LINE for word in value.split()):
        return _folded(value.split(" "))
    return _encoded_words(value)


def _folded(words: Iterable[str], indent: int = 16) -> str:
    """Words joined by spaces, with a new line before each that would run past the edge."""
    lines: list[str] = []
    length = indent
    for word in words:
        if lines and length + 1 + len(word) <= _LINE:
            lines[-1] += f" {word}"
            length += 1 + len(word)
        else:
            lines.append(word)
            length = len(word) + (indent if len(lines) == 1 else 1)
    return "\r\n ".join(lines)


def _encoded_words(value: str) -> str:
    """RFC 2047 in base64, cut between letters so that every word stands alone."""
    chunks: list[bytes] = [b""]
    for letter in value:
        encoded = letter.encode("utf-8", "replace")
        if len(chunks[-1]) + len(encoded) > 36:
            chunks.append(b"")
        chunks[-1] += encoded
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _addresses(addresses: Sequence[MailAddress]) -> str:
    return ",\r\n ".join(_address(address) for address in addresses)


def _address(address: MailAddress) -> str:
    plain = normalise(address.address)
    local = address.address.strip().rpartition("@")[0]
    if not plain or not plain.isascii() or re.search(r"[\s,;:<>()\[\]\\\"]", local) or len(plain) > 320:
        raise ValueError(f"cannot be written as a mail address: {address.address!r}")
    written = f"{local}@{plain.rpartition('@')[2]}"
    name = _phrase(_one_line(address.name))
    space = "\r\n " if len(name) + len(written) > 60 else " "
    return f"{name}{space}<{written}>" if name else written


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > 60:
        return _encoded_words(name)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _domain(address: MailAddress) -> str:
    return normalise(address.address).rpartition("@")[2]


def _ids(ids: Iterable[str]) -> str:
    """Message ids in brackets, one a line: an id is never cut or encoded."""
    bare = [message_id.strip("<> ") for message_id in ids]
    return "\r\n ".join(f"<{message_id}>" for message_id in bare if _ID.fullmatch(message_id) and len(message_id) < 900)


# ── Content ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _content(mail: OutgoingMail) -> bytes:
    inline = [file for file in mail.files if file.content_id and mail.html]
    attached = [file for file in mail.files if file not in inline]
    body = _text("plain", mail.text)
    if mail.html:
        html = _text("html", mail.html)
        if inline:
            html = _multipart("related", [html, *(_file(file, "inline") for file in inline)], 'type="text/html"')
        body = _multipart("alternative", [body, html])
    return _multipart("mixed", [body, *(_file(file, "attachment") for file in attached)]) if attached else body


def _text(subtype: str, text: str) -> bytes:
    """Base64 unless the text is ASCII with lines short enough to go as it is."""
    text = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and all(len(line) < 900 for line in text.split("\n")):
        body, encoding = text.replace("\n", "\r\n").encode("ascii"), "7bit"
    else:
        body, encoding = _base64(text.replace("\n", "\r\n").encode("utf-8", "replace")), "base64"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _base64(content: bytes) -> bytes:
    packed = base64.b64encode(content)
    return b"\r\n".join(packed[at : at + _LINE] for at in range(0, len(packed), _LINE)) + b"\r\n"


def _multipart(subtype: str, parts: Sequence[bytes], parameter: str = "") -> bytes:
    boundary = f"=_{secrets.token_hex(16)}"  # "=_" stands in no base64 or quoted-printable text
    more = f"; {parameter}" if parameter else ""
    head = f'Content-Type: multipart/{subtype}{more};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    edge = f"--{boundary}".encode("ascii")
    body = b"".join(b"\r\n" + edge + b"\r\n" + part for part in parts)
    return head + body + b"\r\n" + edge + b"--\r\n"


def _file(file: OutgoingFile, disposition: str) -> bytes:
    """The name twice: RFC 2231 for those who read it, an encoded word in `name` for those who do not."""
    content_type = file.content_type.lower().strip()
    content_type = (
        content_type
        if _TYPE.fullmatch(content_type) and "multipart/" not in content_type
        else "application/octet-stream"
    )
    if content_type.startswith("message/"):
        content_type = "application/octet-stream"  # a nested message may not be base64
    name = safe_name(file.name) or "file.bin"
    head = [
        f"Content-Type: {content_type};\r\n name={_quoted(name) if _is_simple(name) else _encoded_name(name)}",
        f"Content-Disposition: {disposition};\r\n {_filename(name)}",
        "Content-Transfer-Encoding: base64",
    ]
    if file.content_id and _ID.fullmatch(file.content_id.strip("<> ")):
        head.append(f"Content-ID: <{file.content_id.strip('<> ')}>")
    return "\r\n".join([*head, "", ""]).encode("ascii") + _base64(file.content)


def _is_simple(name: str) -> bool:
    return name.isascii() and len(name) < 60 and "=?" not in name


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded_name(name: str) -> str:
    return f'"{_encoded_words(name)}"'


def _filename(name: str) -> str:
    if _is_simple(name):
        return f"filename={_quoted(name)}"
    return ";\r\n ".join(
        f"filename*{at}*={piece}" for at, piece in enumerate(_pieces(f"utf-8''{quote(name, safe='')}"))
    )


def _pieces(encoded: str) -> list[str]:
    """Cut a percent-encoded name into lines, never inside a `%XX`."""
    pieces = [""]
    for token in re.findall(r"%[0-9A-F]{2}|.", encoded):
        if len(pieces[-1]) + len(token) > 58:
            pieces.append("")
        pieces[-1] += token
    return pieces
