"""Quick replies where only a text can carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from channels_app.contract import OutboundMessage


def with_the_text(parts: Sequence[OutboundMessage]) -> list[OutboundMessage]:
    """The same parts with the quick replies on the last text; on the last part where there is no text at all."""
    texts = [number for number, part in enumerate(parts) if part.text]
    if not texts or not parts[-1].quick_replies:
        return list(parts)
    chosen = texts[-1]
    return [
        replace(part, quick_replies=parts[-1].quick_replies if number == chosen else ())
        for number, part in enumerate(parts)
    ]
