"""The headers of one mail: kept in order as they came, decoded when asked for, repeated and broken ones included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote_to_bytes

from channels_app.mail.charsets import clean, decode
from channels_app.mail.words import decode_text, raw_bytes

_FOLD = re.compile(r"[\r\n]+[ \t]?")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


class Headers:
    """Header lines, looked up without regard to case; `raw` keeps encoded words and surrogates for 8-bit bytes."""

    __slots__ = ("_by_name", "_pairs", "hints")

    def __init__(self, pairs: Iterable[tuple[str, str]], hints: Sequence[str] = ()) -> None:
        self._pairs = tuple((name, str(value)) for name, value in pairs)
        self.hints = tuple(hints)
        self._by_name: dict[str, list[str]] = {}
        for name, value in self._pairs:
            self._by_name.setdefault(name.lower(), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Every header in order, decoded."""
        return ((clean(name), decode_text(_FOLD.sub(" ", value), self.hints)) for name, value in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def undecoded(self) -> tuple[tuple[str, str], ...]:
        """Every header in order, as it was on the wire."""
        return self._pairs

    def names(self) -> tuple[str, ...]:
        """The names in lower case, each once."""
        return tuple(self._by_name)

    def count(self, name: str) -> int:
        return len(self._by_name.get(name.lower(), ()))

    def raw_all(self, name: str) -> list[str]:
        return [_FOLD.sub(" ", value).strip() for value in self._by_name.get(name.lower(), ())]

    def raw(self, name: str) -> str:
        """The first header of that name, unfolded and undecoded, or ""."""
        values = self._by_name.get(name.lower())
        return _FOLD.sub(" ", values[0]).strip() if values else ""

    def text(self, name: str) -> str:
        """The first header of that name, decoded, or ""."""
        raw = self.raw(name)
        return decode_text(raw, self.hints) if raw else ""

    def value(self, name: str) -> str:
        """The first header of that name without parameters and comments, in lower case, or ""."""
        return self.raw(name).partition(";")[0].partition("(")[0].strip().lower()

    def parameters(self, name: str) -> dict[str, str]:
        """The parameters of the first header of that name, decoded."""
        return parameters(self.raw(name), self.hints)


def parameters(raw: str, hints: Sequence[str] = ()) -> dict[str, str]:
    """Read `; name=value` pairs: RFC 2231 pieces and charsets, encoded words, raw 8-bit bytes, missing quotes."""
    if ";" not in raw:
        return {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(raw):
        name, value = match[1].lower(), _unquoted(match[2])
        base, star, index = name.partition("*")
        if not star:
            plain.setdefault(base, decode_text(value, hints))
            continue
        number = index.rstrip("*")
        if number.isdecimal() or not number:
            pieces.setdefault(base, {})[int(number[:4] or 0)] = (value, index.endswith("*") or not index)
    return plain | {base: _assembled(found, hints) for base, found in pieces.items()}


def _unquoted(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        return _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))
    return value.removesuffix('"')


def _assembled(pieces: dict[int, tuple[str, bool]], hints: Sequence[str]) -> str:
    """Join the numbered pieces of one parameter; the first names the charset: `utf-8'ko'%EC%95%88`."""
    charset = ""
    out = b""
    for position, number in enumerate(sorted(pieces)):
        value, is_encoded = pieces[number]
        if position == 0 and is_encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        out += unquote_to_bytes(raw_bytes(value)) if is_encoded else raw_bytes(value)
    if b"=?" in out and not charset:
        return decode_text(out.decode("utf-8", "surrogateescape"), hints)
    return decode(out, charset, hints).text
