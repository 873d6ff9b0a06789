"""An agent's socket: nudges of what they may see, who else is looking, who is typing.

Beside the messages of base.py the page sends `{"type": "presence", "topic": "conversation-5", "state": "viewing"}` every ten
seconds while it shows a conversation (`away` when it no longer does) and `{"type": "typing", "topic": …, "mode": "reply"}`
at most every three seconds while the agent types. Others get them as `{"topic": …, "kind": "presence" | "typing", "agent":
3, "name": …, …}`; they expire in the page (20 s and 6 s), so that a lost "away" heals itself.
"""

import time
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from agents.models import Team, User
from conversations.actions import tending
from conversations.consumers.base import SIGNED_OUT, LiveConsumer
from conversations.live import say
from conversations.live.bus import Nudge
from conversations.models import Conversation
from customers.models import Identity

PRESENCE_SECONDS = 20
# A list hears of a presence when it begins, this often while it lasts, and when it ends.
LISTED_SECONDS = 30


class DeskConsumer(LiveConsumer):
    """Knows its session, and which conversations the agent has on the screen.

    The agent is read afresh whenever it matters: that keeps a socket small and its rights true.
    """

    __slots__ = ("agent_name", "agent_pk", "listed", "present", "session_key")

    async def admit(self) -> bool:
        self.present: dict[str, float] = {}
        self.listed: dict[str, float] = {}
        self.session_key = session_key(self.scope["headers"])
        agent = await signed_in_agent(self.session_key)
        if agent is None:
            return False
        self.agent_pk, self.agent_name = agent.pk, agent.get_short_name()
        self.watch(agent_topic(agent.pk))
        return True

    async def may_watch(self, topic: str) -> bool:
        return topic in await self._watchable({topic})

    async def disconnect(self, code: int) -> None:
        for topic in list(getattr(self, "present", {})):
            await self._show(topic, "away")
        await super().disconnect(code)

    async def on_ping(self, message: dict[str, Any]) -> None:
        """Answer, and use the beat to see whether the agent is still signed in and may still see what they watch."""
        if not await self._is_still_admitted():
            return await self.close(SIGNED_OUT)
        return await super().on_ping(message)

    async def on_presence(self, message: dict[str, Any]) -> None:
        """Tell others that this agent has the conversation on the screen, or no longer has."""
        topic = str(message.get("topic", ""))
        if message.get("state") == "away":
            self.present.pop(topic, None)
            await self._show(topic, "away")
        elif topic in self.topics:
            is_new = self.present.get(topic, 0) < time.monotonic()
            self.present[topic] = time.monotonic() + PRESENCE_SECONDS
            await self._show(topic, "viewing", asks=int(is_new))

    async def on_typing(self, message: dict[str, Any]) -> None:
        """Tell others, and the customer when it is a reply, that this agent is typing."""
        topic = str(message.get("topic", ""))
        if topic in self.topics and topic.startswith("conversation-"):
            is_reply = message.get("mode") != "note"
            await database_sync_to_async(say_typing)(self.agent_pk, self.agent_name, topic, to_customer=is_reply)

    async def forward(self, nudge: Nudge, text: str) -> None:
        """Pass a nudge on; notice the ones that are meant for the socket itself."""
        if "kind" in nudge:
            await self._notice(nudge)
        await super().forward(nudge, text)

    async def _notice(self, nudge: Nudge) -> None:
        topic = str(nudge["topic"])
        if nudge["kind"] == "session" and not await self._is_still_admitted():
            await self.close(SIGNED_OUT)
        elif (
            nudge.get("asks") and nudge.get("agent") != self.agent_pk and self.present.get(topic, 0) > time.monotonic()
        ):
            await self._show(topic, "viewing")

    async def _show(self, topic: str, state: str, **more: int) -> None:
        who: dict[str, int | str] = {"agent": self.agent_pk, "name": self.agent_name, "state": state}
        await self.say(topic, "presence", **who, **more)
        if topic in self.topics and (state == "away" or self.listed.get(topic, 0) < time.monotonic()):
            self.listed[topic] = 0 if state == "away" else time.monotonic() + LISTED_SECONDS
            await database_sync_to_async(say_in_lists)(topic, who)

    async def _is_still_admitted(self) -> bool:
        agent = await signed_in_agent(self.session_key)
        if agent is None or agent.pk != self.agent_pk:
            return False
        for topic in self.topics - await watchable(agent, self.topics):
            await self.on_unwatch({"topic": topic})
            await self.tell({"type": "refused", "topic": topic})
        return True

    async def _watchable(self, topics: set[str]) -> set[str]:
        agent = await signed_in_agent(self.session_key)
        return await watchable(agent, topics) if agent and agent.pk == self.agent_pk else set()


def session_key(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return the session's key from the handshake; Channels' own session stack would hold a copy of everything a socket."""
    for name, value in headers:
        if name == b"cookie":
            return parse_cookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    return None


def agent_topic(pk: int) -> str:
    """Return the topic of what concerns one agent alone: notices, the end of a session."""
    return f"agent-{pk}"


@database_sync_to_async
def signed_in_agent(session_key: str | None) -> User | None:
    """Return whose session this is, read afresh, so that a log-out or a changed password elsewhere counts."""
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    agent = get_user(request)
    return agent if isinstance(agent, User) and agent.is_active else None


@database_sync_to_async
def watchable(agent: User, topics: set[str]) -> set[str]:
    """Return those of the topics that the agent may watch."""
    ids = {int(rest) for name, _, rest in (topic.partition("-") for topic in topics) if _is_conversation(name, rest)}
    seen = Conversation.objects.visible_to(agent).filter(pk__in=ids).values_list("pk", flat=True) if ids else ()
    simulated = {topic for topic in topics if settings.SIMULATOR and topic.startswith("simulator-")}
    return topics & {*list_topics(agent), *simulated, *(f"conversation-{pk}" for pk in seen)}


def list_topics(agent: User) -> set[str]:
    """Return the topics of the lists that the agent's scope opens, and of the agent."""
    own = {agent_topic(agent.pk), f"inbox-agent-{agent.pk}"}
    if agent.scope == User.Scope.MINE and not agent.is_admin:
        return own
    if agent.is_admin or agent.scope == User.Scope.ALL:
        teams = Team.objects.all()
        own.add("inbox-all")
    else:
        teams = Team.objects.filter(members=agent)
    return own | {f"inbox-team-{pk}" for pk in teams.values_list("pk", flat=True)}


def _is_conversation(name: str, rest: str) -> bool:
    return name == "conversation" and rest.isascii() and rest.isdigit() and len(rest) < 19


def say_in_lists(topic: str, who: dict[str, int | str]) -> None:
    """Announce a presence in the lists that show the conversation."""
    for conversation in Conversation.objects.filter(pk=int(topic.removeprefix("conversation-"))):
        for inbox in conversation.inbox_topics:
            say(inbox, "presence", conversation=conversation.pk, **who)


def say_typing(agent_pk: int, name: str, topic: str, *, to_customer: bool) -> None:
    """Announce typing to the agents who have the conversation open, and to the customer's own screens."""
    say(topic, "typing", agent=agent_pk, name=name, mode="reply" if to_customer else "note")
    if to_customer:
        conversation = int(topic.removeprefix("conversation-"))
        for pk in Identity.objects.filter(customer__conversations=conversation).values_list("pk", flat=True):
            say(f"visitor-{pk}", "typing")
        tending.agent_types(conversation)
