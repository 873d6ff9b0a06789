"""Mail addresses: read from headers as real mailers write them, and made comparable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import idna

from channels_app.mail.charsets import decode
from channels_app.mail.model import MailAddress
from channels_app.mail.words import decode_text, raw_bytes

MOST: Final = 2000
_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.){0,2000}")|(?P<angle><[^<>]{0,2000}>)|(?P<comment>\((?:[^()\\]|\\.){0,500}\))|(?P<mark>[,;:])|(?P<text>[^"<(),;:]+|.)',
    re.DOTALL,
)
_BARE = re.compile(r"[^\s<>()\"',;:\[\]@]{1,128}@(?:\[[^\s\]]{1,60}\]|[^\s<>()\"',;:\[\]]{1,255})")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(slots=True)
class _Entry:
    """One mailbox while it is being read."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str = ""
    is_plain: bool = True

    def name(self, hints: Sequence[str]) -> str:
        words = " ".join(word for word in self.words if word) or " ".join(self.comments)
        return _inside(decode_text(words, hints))


def read_addresses(values: Iterable[str], hints: Sequence[str] = ()) -> tuple[MailAddress, ...]:
    """Every mailbox of these raw header values, in order. Names are decoded after splitting, so they cannot forge one."""
    found = [address for value in values for address in _read(value, hints)]
    return tuple(found[:MOST])


def _read(value: str, hints: Sequence[str]) -> list[MailAddress]:
    found: list[MailAddress] = []
    entry = _Entry()
    for match in _TOKEN.finditer(value):
        if match.lastgroup != "mark":
            _take(entry, match.lastgroup or "", match[0])
        elif match[0] == ":":
            entry = entry if entry.angle else _Entry()  # what stood before it named a group
        else:
            entry = _closed(entry, found, hints)
    _closed(entry, found, hints)
    return found


def _take(entry: _Entry, kind: str, token: str) -> None:
    if kind == "quoted":
        entry.words.append(_ESCAPED.sub(r"\1", token[1:-1]).strip())
        entry.is_plain = False
    elif kind == "angle" and "@" in token:
        entry.angle = _inside(token[1:-1].rpartition(":")[2].strip())
    elif kind == "comment":
        entry.comments.append(token[1:-1].strip())
    elif kind == "text":
        entry.words.append(token.strip(" \t<>"))


def _inside(written: str) -> str:
    """`'carol@example.com'` in quotes as a whole."""
    is_quoted = len(written) > 2 and written[0] == written[-1] and written[0] in "'\""
    return written[1:-1] if is_quoted else written


def _closed(entry: _Entry, found: list[MailAddress], hints: Sequence[str]) -> _Entry:
    """Add a finished mailbox; a name cut by its own comma (`Kim, Dana <d@x>`) goes on in the next."""
    if not entry.angle:
        _find_bare(entry)
    if entry.angle:
        # An encoded word has no place in an address: read as one, it could make an address nobody checked.
        found.append(MailAddress(decode(raw_bytes(entry.angle), "", hints).text, entry.name(hints)))
    elif entry.is_plain and any(entry.words) and len(entry.words) < 8:
        return _Entry(words=[f"{' '.join(entry.words)},"])
    return _Entry()


def _find_bare(entry: _Entry) -> None:
    """`carol@example.com`, `carol@example.com (Carol)`, `Carol carol@example.com`; a local part may be quoted."""
    for position, word in enumerate(entry.words):
        if "@" in word and (bare := _BARE.search(word)):
            entry.angle = bare[0]
            entry.words[position] = (word[: bare.start()] + word[bare.end() :]).strip(" '\"")
            return
        if word.startswith("@") and position:
            local = entry.words.pop(position - 1)
            domain, _, rest = entry.words.pop(position - 1).partition(" ")
            entry.angle = f'"{local}"{domain}'
            entry.words.append(rest)
            return


def normalise(address: str) -> str:
    """The form to compare and store: lower case, the domain in ASCII (IDNA). "" if it is no address. Tags are kept."""
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    domain = _ascii_domain(domain.strip().rstrip("."))
    if not at or not local or not domain or re.search(r"[\s\x00-\x1f<>]", local + domain):
        return ""
    return f"{local.lower()}@{domain}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, ValueError):
        return domain.lower()


def domain_of(address: str) -> str:
    """The comparable domain of an address, or ""."""
    return normalise(address).rpartition("@")[2]


def without_tag(address: str) -> str:
    """`support+x1@example.com` → `support@example.com`: for our own addresses only, never for a customer's."""
    local, at, domain = normalise(address).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def is_one_of(address: str, own: Iterable[str]) -> bool:
    """Whether an address, with or without a tag, is one of ours; `@example.com` in `own` means the whole domain."""
    wanted = normalise(address)
    ours = {normalise(entry) or entry.strip().lower() for entry in own}
    return bool(wanted) and bool({wanted, without_tag(wanted), f"@{wanted.rpartition('@')[2]}"} & ours)
