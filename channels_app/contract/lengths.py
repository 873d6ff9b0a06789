"""How long a text is in the unit in which a provider counts."""

from __future__ import annotations

import math

from channels_app.contract.capabilities import TextUnit

# GSM 03.38, basic table and the extension table whose characters count twice (3GPP TS 23.038).
GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = set("^{}\\[~]|€\f")


def length(text: str, unit: TextUnit) -> int:
    """How long a text is in a provider's unit."""
    match unit:
        case TextUnit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case TextUnit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case TextUnit.GSM_SEGMENTS:
            return segments(text)
    return len(text)


def segments(text: str) -> int:
    """How many short messages a text takes."""
    if not text:
        return 0
    if is_gsm(text):
        septets = sum(2 if sign in GSM_DOUBLE else 1 for sign in text)
        return 1 if septets <= 160 else math.ceil(septets / 153)
    units = length(text, TextUnit.UTF16)
    return 1 if units <= 70 else math.ceil(units / 67)


def is_gsm(text: str) -> bool:
    """Whether a text can go in seven bits a character; one that cannot takes sixteen for each."""
    return set(text) <= GSM_BASIC | GSM_DOUBLE
