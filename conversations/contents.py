"""What a message is beside its words: how `Message.details` keeps it, and what a list shows of one without words.

    call           "phone" or "video": the rest stands in Call
    location       {"latitude", "longitude", "name", "address", "url"}        where the customer is
    cards          [{"name", "phones": […], "emails": […]}]                    contact details that were passed on
    choice         {"id", "title"}                                             what the customer touched
    earlier        [{"text", "html", "at"}]                                    wordings before an edit, oldest first
    linked         [key, …]                                                    files of a reply that go as an address
    quick_replies  [{"id", "title"}]                                           answers offered with a reply
    template       {"name", "language", "values": {…}}                         the approved text a reply was made of

stream/parts.py reads what came in for the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from channels_app.contract import InboundMessage, QuickReply
from conversations.models import Attachment, Message

Role = Attachment.Role
DELETED = "deleted"
# What a message without words is, by what its files are; lists/row_words.py has the words.
BY_ROLE = {Role.VOICE: "voice", Role.STICKER: "sticker", Role.STORY: "story", Role.RECORDING: "recording"}
BY_TYPE = {"image": "picture", "video": "film", "audio": "sound"}


def written(inbound: InboundMessage) -> dict[str, Any]:
    """What `details` keeps of a message that came in."""
    found: dict[str, Any] = {}
    if inbound.location:
        found["location"] = asdict(inbound.location)
    if inbound.cards:
        found["cards"] = [
            {**asdict(card), "phones": [*card.phones], "emails": [*card.emails]} for card in inbound.cards
        ]
    if inbound.choice:
        found["choice"] = asdict(inbound.choice)
    return found


def what(details: dict[str, Any], files: Iterable[tuple[str, str]]) -> str:
    """What a list shows of a message without words: a code; files as (role, content type)."""
    if "call" in details:
        return "call"
    if "location" in details:
        return "location"
    if "cards" in details:
        return "contact"
    for role, content_type in files:
        return BY_ROLE.get(Role(role), "") or BY_TYPE.get(content_type.partition("/")[0], "file")
    return "choice" if "choice" in details else ""


def what_is(message: Message) -> str:
    """The same of a message that is stored."""
    if message.deleted_at:
        return DELETED
    files = message.attachments.values_list("role", "content_type").order_by("pk")
    return "" if message.text else what(message.details, files[:1])


def quick_replies(message: Message) -> list[QuickReply]:
    """The answers that a reply offers."""
    return [QuickReply(one["id"], one["title"]) for one in message.details.get("quick_replies", [])]
