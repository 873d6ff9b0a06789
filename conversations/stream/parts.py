"""What a message carries beside words and files: a place, contact cards, a touched choice, reactions, what it answers.

Kept in `details`, under the names of the contract's own fields: `location`, `cards`, `choice`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from channels_app.contract import Choice, ContactCard, Location
from conversations.models import Message, Reaction


@dataclass(frozen=True)
class ShownReaction:
    """An emoji under a message: how many put it there, and whether one of us did."""

    emoji: str
    count: int
    is_ours: bool


def location(message: Message) -> Location | None:
    """The place on the map that was sent; None where none was, or where it is none."""
    given = message.details.get("location")
    if not isinstance(given, dict):
        return None
    try:
        return Location(**given)
    except TypeError:
        return None


def cards(message: Message) -> list[ContactCard]:
    """Contact details of others that the customer passed on."""
    given = message.details.get("cards")
    found = given if isinstance(given, list) else []
    return [ContactCard(one.get("name", ""), one.get("phones", ()), one.get("emails", ())) for one in found]


def choice(message: Message) -> Choice | None:
    """The button, row or menu that the customer touched."""
    given = message.details.get("choice")
    return Choice(given.get("id", ""), given.get("title", "")) if isinstance(given, dict) else None


def map_address(place: Location) -> str:
    """Where one can look at a place; nobody asks there before the agent does."""
    at = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={at[0]}&mlon={at[1]}#map=17/{at[0]}/{at[1]}"


def reactions_of() -> Any:
    """For messages' queries: `given_reactions`, so that reactions cost no query of their own."""
    given = Reaction.objects.filter(message=OuterRef("pk")).exclude(emoji="").order_by("at", "id")
    return ArraySubquery(given.values(data=JSONObject(emoji="emoji", agent="agent_id")))


def reactions(message: Message) -> list[ShownReaction]:
    """The emojis under a message, each once, in the order in which they came."""
    given = getattr(message, "given_reactions", None)
    if given is None:
        given = [{"emoji": one.emoji, "agent": one.agent_id} for one in message.reactions.all() if one.emoji]
    ours = {one["emoji"] for one in given if one["agent"]}
    return [ShownReaction(emoji, count, emoji in ours) for emoji, count in Counter(o["emoji"] for o in given).items()]
