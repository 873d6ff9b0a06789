"""A visitor's socket: told that there is something to pull and that an agent types, and nothing else."""

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from conversations.actions import replies, state
from conversations.consumers.desk import say_typing
from conversations.live import say
from conversations.models import Conversation
from helpdesk.asgi import application
from tests.conversations.test_desk_socket import HOST, ORIGIN, Tab, change
from tests.conversations.test_desk_socket import at_the_desk as at_the_desk
from tests.conversations.test_webchat_talk import answer
from tests.conversations.webchat import Panel


class Line(Tab):
    """A panel's socket, which has said hello."""

    def __init__(self, session: str, origin=ORIGIN):
        self.session = session
        self.line = WebsocketCommunicator(application, "/ws/webchat/", headers=[HOST, origin])

    async def __aenter__(self):
        await super().__aenter__()
        await self.send(type="hello", session=self.session)
        await self.hears(type="ready")
        while not await self.line.receive_nothing(timeout=0.1):
            await self.line.receive_from()
        return self


@pytest.fixture
def chat(panel) -> Conversation:
    panel.say("Hello")
    return Conversation.objects.get()


def test_an_answer_lets_the_panel_pull(panel, chat, bob, at_the_desk):
    async def scenario():
        async with Line(panel.session) as line:
            await change(answer)(chat, bob, "Good day")
            assert await line.hears(type="pull") == {"type": "pull"}

    at_the_desk(scenario)


def test_another_visitors_panel_hears_nothing_of_it(panel, chat, shop, bob, at_the_desk):
    other = Panel(shop)
    other.say("Hello too")

    async def scenario():
        async with Line(other.session) as line, Line(panel.session) as own:
            await change(answer)(chat, bob, "Good day")
            await own.hears(type="pull")
            assert await line.line.receive_nothing(timeout=0.3)

    at_the_desk(scenario)


def test_an_agents_typing_of_a_reply_is_shown_and_of_a_note_is_not(panel, chat, bob, at_the_desk):
    async def scenario():
        async with Line(panel.session) as line:
            await sync_to_async(say_typing)(bob.pk, "Bob", chat.topic, to_customer=False)
            await line.hears_nothing_with(type="typing")
            await sync_to_async(say_typing)(bob.pk, "Bob", chat.topic, to_customer=True)
            assert await line.hears(type="typing")

    at_the_desk(scenario)


def test_that_an_agent_has_read_it_lets_the_panel_pull(panel, chat, bob, at_the_desk):
    async def scenario():
        async with Line(panel.session) as line:
            await change(state.mark_read)(chat, agent=bob)
            await line.hears(type="pull")
            await change(state.mark_read)(chat, agent=bob)
            assert await line.line.receive_nothing(timeout=0.3)

    at_the_desk(scenario)
    assert panel.get("messages/").json()["seen_up_to"] > 0


def test_who_looks_at_the_conversation_is_none_of_the_visitors_business(panel, chat, at_the_desk):
    async def scenario():
        async with Line(panel.session) as line:
            await sync_to_async(say)(chat.topic, "presence", agent=1, name="Bob", state="viewing")
            assert await line.line.receive_nothing(timeout=0.3)

    at_the_desk(scenario)


def test_a_panel_cannot_choose_what_it_watches(panel, chat, shop, at_the_desk):
    async def scenario():
        async with Line(panel.session) as line:
            await line.send(type="watch", topic="inbox-all")
            assert await line.hears(topic="inbox-all") == {"type": "refused", "topic": "inbox-all"}

    at_the_desk(scenario)


def test_a_session_that_is_none_is_shown_out(at_the_desk, db):
    async def scenario():
        line = Line("forged")
        await Tab.__aenter__(line)
        await line.send(type="hello", session="forged")
        assert await line.is_closed_with() == 4401

    at_the_desk(scenario)


def test_the_visitors_typing_reaches_the_agents_who_look(panel, chat, bob, client, at_the_desk):
    client.force_login(bob)

    async def scenario():
        async with Tab(client) as desk, Line(panel.session) as line:
            assert await desk.watches(chat.topic)
            await line.send(type="typing")
            heard = await desk.hears(kind="typing", conversation=chat.pk)
            assert heard["customer"] == chat.customer_id

    at_the_desk(scenario)


def test_a_note_makes_the_panel_pull_at_most_nothing_new(panel, chat, bob, at_the_desk):
    cursor = panel.get("messages/").json()["cursor"]

    async def scenario():
        async with Line(panel.session) as line:
            await change(replies.note)(chat, by=bob, text="Difficult")
            await line.hears_nothing_with(text="Difficult")

    at_the_desk(scenario)
    assert panel.texts(cursor) == []
