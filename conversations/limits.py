"""What a channel carries: lengths in the unit in which its provider counts, files by kind and size."""

from __future__ import annotations

import math
from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_app.contract import Capabilities, MediaLimit, TextUnit
from conversations.models import Attachment

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
            return len(text.encode("utf-16-le")) // 2
        case TextUnit.BYTES:
            return len(text.encode())
        case TextUnit.GSM_SEGMENTS:
            return segments(text)
    return len(text)


def segments(text: str) -> int:
    """How many short messages a text takes."""
    if not text:
        return 0
    if set(text) <= GSM_BASIC | GSM_DOUBLE:
        septets = sum(2 if sign in GSM_DOUBLE else 1 for sign in text)
        return 1 if septets <= 160 else math.ceil(septets / 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else math.ceil(units / 67)


def obstacles(capabilities: Capabilities, text: str, files: Iterable[Attachment]) -> list[str]:
    """Why a message cannot be sent like this, in words; none where it can."""
    found = _text_obstacles(capabilities, text)
    kept = list(files)
    if len(kept) > capabilities.max_files:
        limit = capabilities.max_files
        found.append(
            ngettext(
                "This channel carries %(limit)d file in a message.",
                "This channel carries %(limit)d files in a message.",
                limit,
            )
            % {"limit": limit}
        )
    return found + [reason for file in kept if (reason := file_obstacle(capabilities, file))]


def _text_obstacles(capabilities: Capabilities, text: str) -> list[str]:
    limit = capabilities.max_text
    over = length(text, capabilities.text_unit) - limit if limit else 0
    if over <= 0:
        return []
    return [_("The text is too long for this channel by %(over)d.") % {"over": over}]


def file_obstacle(capabilities: Capabilities, file: Attachment) -> str:
    """Why a channel does not carry a file; blank where it does."""
    limit = media_limit(capabilities, file.content_type)
    if limit is None:
        return _("This channel does not carry files such as %(name)s.") % {"name": file.name}
    if file.size > limit.max_bytes:
        most = filesizeformat(limit.max_bytes)
        return _("%(name)s is too big: this channel carries %(most)s.") % {"name": file.name, "most": most}
    return ""


def media_limit(capabilities: Capabilities, content_type: str) -> MediaLimit | None:
    """The limit that holds for a kind of file: that of the longest prefix."""
    fitting = [limit for limit in capabilities.media if content_type.startswith(limit.prefix)]
    return max(fitting, key=lambda limit: len(limit.prefix), default=None)
