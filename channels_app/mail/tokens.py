"""Reply addresses that say which conversation an answer belongs to, and cannot be guessed or made up."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from channels_app.mail.addresses import normalise

# Crockford's digits: no i, l, o, u, so that reading aloud and case do not matter.
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
MAC_LENGTH = 13
_TOKEN = re.compile(rf"[{DIGITS}]{{{MAC_LENGTH + 1},{MAC_LENGTH + 13}}}")
PLACE = "{token}"


def make_token(number: int, key: bytes) -> str:
    """Sign a conversation's number: digits of the number, then 65 bits of HMAC-SHA-256, all lower case."""
    if not 0 <= number < 1 << 63:
        raise ValueError("number must be a non-negative 63-bit integer")
    digits = _digits(number)
    return digits + _mac(digits, key)


def read_token(token: str, key: bytes) -> int | None:
    """The number of a token signed with this key, in whatever case it came back; None if it is not ours."""
    token = token.lower()
    if not _TOKEN.fullmatch(token):
        return None
    digits, mac = token[:-MAC_LENGTH], token[-MAC_LENGTH:]
    if not hmac.compare_digest(mac, _mac(digits, key)):
        return None
    number = 0
    for digit in digits:
        number = number * 32 + DIGITS.index(digit)
    return number


def reply_address(base: str, token: str) -> str:
    """`support@example.com` → `support+TOKEN@example.com`; a base with `{token}` in it says itself where it goes."""
    if PLACE in base:
        return base.replace(PLACE, token)
    local, _, domain = base.rpartition("@")
    return f"{local}+{token}@{domain}"


def token_in(addresses: Iterable[str], bases: Iterable[str]) -> str:
    """The first token in these addresses at one of our bases, or "". It still has to be read with the key."""
    patterns = [_pattern(base) for base in bases]
    for address in addresses:
        for pattern in patterns:
            if match := pattern.fullmatch(normalise(address)):
                return match[1]
    return ""


def _pattern(base: str) -> re.Pattern[str]:
    written = base.lower() if PLACE in base else normalise(reply_address(base, "\0").replace("\0", PLACE))
    before, _, after = written.partition(PLACE)
    return re.compile(re.escape(before) + rf"({_TOKEN.pattern})" + re.escape(after))


def _digits(number: int) -> str:
    out = ""
    while number or not out:
        number, rest = divmod(number, 32)
        out = DIGITS[rest] + out
    return out


def _mac(digits: str, key: bytes) -> str:
    mac = hmac.new(key, b"reply:" + digits.encode(), hashlib.sha256).digest()
    return _digits(int.from_bytes(mac) >> (256 - 5 * MAC_LENGTH)).rjust(MAC_LENGTH, "0")
