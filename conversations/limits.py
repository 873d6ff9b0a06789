"""What a channel carries: lengths in the unit in which its provider counts, files by kind and size."""

from __future__ import annotations

import math
from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.contract import Capabilities, MediaLimit
from channels_app.contract.lengths import length
from channels_app.contract.parts import split
from conversations.models import Attachment

# Where the customer has to say something before more can be sent.
TOO_MANY = gettext_lazy("This takes more messages than can be sent before the customer writes again. Make it shorter.")


def pieces(capabilities: Capabilities, text: str, files: int) -> int:
    """How many messages of the provider's a reply takes at most."""
    if capabilities.takes_whole:
        return 1
    return len(split(text, capabilities)) + math.ceil(files / capabilities.files_per_part)


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
    if not limit or length(text, capabilities.text_unit) <= limit:
        return []
    if capabilities.most_parts > 1 and len(split(text, capabilities)) <= capabilities.most_parts:
        return []  # it goes out in several messages
    over = max(1, length(text, capabilities.text_unit) - limit * capabilities.most_parts)
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
