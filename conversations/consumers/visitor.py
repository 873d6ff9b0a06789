"""A visitor's socket: it carries nothing but "look again" and typing; what there is to see is pulled.

The first message is `{"type": "hello", "session": …}`: a session in the address would stand in every proxy's log. The answer is
`{"type": "ready"}`; then come `{"type": "pull"}` and `{"type": "typing", "name": …}`. `{"type": "typing"}` from the panel
says that the visitor writes. Pings as in base.py.
"""

from typing import Any

from channels.db import database_sync_to_async

from conversations.actions.visiting import say_typing
from conversations.consumers.base import SIGNED_OUT, LiveConsumer
from conversations.live.bus import Nudge
from conversations.models import Conversation, Visitor
from conversations.visits.passes import session_of
from conversations.visits.shown import identities_of


class VisitorConsumer(LiveConsumer):
    """Knows its visitor once the panel has said who it is."""

    __slots__ = ("visitor_pk",)

    async def admit(self) -> bool:
        self.visitor_pk: int | None = None
        return True

    async def may_watch(self, topic: str) -> bool:
        """A panel names no topics: it gets its own."""
        return False

    async def on_hello(self, message: dict[str, Any]) -> None:
        """Read the session; from now on this panel hears of what its visitor may see."""
        session = session_of(str(message.get("session", "")))
        if session is None:
            return await self.close(SIGNED_OUT)
        self.visitor_pk = session.visitor
        for topic in await topics_of(session.visitor):
            self.watch(topic)
        return await self.tell({"type": "ready"})

    async def on_typing(self, message: dict[str, Any]) -> None:
        """Let the agents see that the visitor writes."""
        if self.visitor_pk is not None:
            await database_sync_to_async(type_as)(self.visitor_pk)

    async def forward(self, nudge: Nudge, text: str) -> None:
        """Pass on that something changed or was read; of the rest only an agent's typing to this visitor."""
        if nudge.get("kind", "seen") == "seen":
            await self.tell({"type": "pull"})
        elif nudge["kind"] == "typing" and str(nudge["topic"]).startswith("visitor-"):
            await self.tell({"type": "typing", "name": nudge.get("name", "")})


@database_sync_to_async
def topics_of(visitor_pk: int) -> set[str]:
    """The visitor's own topic, and those of the conversations that the visitor may see."""
    visitor = Visitor.objects.select_related("identity").filter(pk=visitor_pk).first()
    if visitor is None or visitor.identity is None:
        return set()
    identities = identities_of(visitor)
    seen = Conversation.objects.filter(messages__identity__in=identities).order_by("-active_at").distinct()[:20]
    return {f"visitor-{identity.pk}" for identity in identities} | {conversation.topic for conversation in seen}


def type_as(visitor_pk: int) -> None:
    """Announce that a visitor writes."""
    if visitor := Visitor.objects.select_related("identity__customer").filter(pk=visitor_pk).first():
        say_typing(visitor)
