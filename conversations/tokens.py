"""Signed tokens in reply addresses: short, safe when a mail program changes their case, and not to be guessed."""

from __future__ import annotations

import base64

from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "conversations.reply"
SIGNATURE_CHARACTERS = 16  # 80 bits
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def reply_token(conversation_id: int) -> str:
    """The token that leads an answer back to a conversation, such as `4k2-mzxw6ytboi2dsnrq`."""
    number = _base36(conversation_id)
    return f"{number}-{_signature(number)}"


def conversation_of(token: str) -> int | None:
    """The id of the conversation that a token leads to; None where it is not ours."""
    number, _, signature = token.lower().partition("-")
    if not number.isalnum() or not number.isascii() or not constant_time_compare(signature, _signature(number)):
        return None
    return int(number, 36)


def _signature(number: str) -> str:
    digest = salted_hmac(SALT, number, algorithm="sha256").digest()
    return base64.b32encode(digest).decode().lower()[:SIGNATURE_CHARACTERS]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = ALPHABET[rest] + digits
    return digits or "0"
