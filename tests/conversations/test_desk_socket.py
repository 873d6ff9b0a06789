"""An agent's socket at its real address: who may connect, what they hear, what others learn of them."""

import asyncio
import json

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.test import Client, TestCase

from agents.models import User
from conversations.live import nudge
from conversations.live.hub import current_hub
from helpdesk.asgi import application

ORIGIN = (b"origin", b"http://testserver")
HOST = (b"host", b"testserver")


class Tab:
    """A browser tab of one agent."""

    def __init__(self, client: Client | None, origin=ORIGIN):
        cookie = client.cookies["sessionid"].value if client else "none"
        headers = [HOST, origin, (b"cookie", f"sessionid={cookie}".encode())]
        self.line = WebsocketCommunicator(application, "/ws/desk/", headers=headers)

    async def __aenter__(self):
        accepted, _ = await self.line.connect()
        assert accepted
        return self

    async def __aexit__(self, *failure):
        await self.line.disconnect()

    async def send(self, **message):
        await self.line.send_json_to(message)

    async def hears(self, **wanted):
        """Read until a message has all of `wanted`; other messages are skipped."""
        while True:
            message = await self.line.receive_json_from(timeout=3)
            if wanted.items() <= message.items():
                return message

    async def hears_nothing_with(self, **unwanted):
        while not await self.line.receive_nothing(timeout=0.3):
            message = json.loads(await self.line.receive_from())
            assert not unwanted.items() <= message.items(), message

    async def watches(self, topic):
        await self.send(type="watch", topic=topic)
        return (await self.hears(topic=topic))["type"] == "watching"

    async def is_closed_with(self):
        while True:
            output = await self.line.receive_output(timeout=3)
            if output["type"] == "websocket.close":
                return output["code"]


@pytest.fixture
def at_the_desk(db, monkeypatch):
    """Run a coroutine function; database work inside it happens on the test's own connection."""
    # As Django's own test client does: the connection with the test's transaction must not be closed as "old".
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)

    def run(scenario):
        async def main():
            try:
                await scenario()
            finally:
                current_hub().stop()

        async_to_sync(main)()

    return run


def change(function):
    """Do database work as a request would: in the test's thread, with what it announces on commit."""

    def committed(*args, **kwargs):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return function(*args, **kwargs)

    return sync_to_async(committed)


def end_session(client):
    Session.objects.get(pk=client.cookies["sessionid"].value).delete()


def test_a_stranger_is_told_to_sign_in(at_the_desk):
    async def scenario():
        async with Tab(None) as tab:
            assert await tab.is_closed_with() == 4401

    at_the_desk(scenario)


def test_an_address_that_nobody_answers_is_refused(at_the_desk):
    async def scenario():
        accepted, _ = await WebsocketCommunicator(application, "/ws/other/", headers=[HOST, ORIGIN]).connect()
        assert not accepted

    at_the_desk(scenario)


def test_another_site_cannot_connect_with_the_agents_cookie(at_the_desk, as_ada):
    async def scenario():
        tab = Tab(as_ada, origin=(b"origin", b"https://evil.example"))
        accepted, _ = await tab.line.connect()
        assert not accepted

    at_the_desk(scenario)


def test_a_change_reaches_the_agent_who_watches_the_conversation(at_the_desk, as_bob, carol):
    async def scenario():
        async with Tab(as_bob) as tab:
            assert await tab.watches(carol.topic)
            await change(nudge)(carol.topic, revision=99)
            assert await tab.hears(revision=99) == {"topic": carol.topic, "revision": 99}

    at_the_desk(scenario)


def test_an_agent_of_another_team_is_refused_and_hears_nothing(at_the_desk, as_bob, as_eve, carol):
    async def scenario():
        async with Tab(as_bob) as allowed, Tab(as_eve) as refused:
            assert await allowed.watches(carol.topic)
            assert not await refused.watches(carol.topic)
            await change(nudge)(carol.topic, revision=99)
            await allowed.hears(revision=99)
            await refused.hears_nothing_with(topic=carol.topic)

    at_the_desk(scenario)


@pytest.mark.parametrize(
    ("who", "topic", "allowed"),
    [
        ("ada", "inbox-all", True),
        ("ada", "inbox-team-{support}", True),
        ("bob", "inbox-all", False),
        ("bob", "inbox-team-{support}", True),
        ("eve", "inbox-team-{support}", False),
        ("bob", "inbox-agent-{bob}", True),
        ("bob", "inbox-agent-{eve}", False),
        ("bob", "agent-{eve}", False),
        ("bob", "visitor-1", False),
        ("ada", "conversation-999999", False),
        ("ada", "conversation-1 OR 1=1", False),
        ("ada", "conversation-99999999999999999999999", False),
        ("ada", "", False),
    ],
)
def test_lists_open_as_the_scope_says(at_the_desk, request, ada, bob, eve, support, who, topic, allowed):
    topic = topic.format(support=support.pk, bob=bob.pk, eve=eve.pk)
    client = request.getfixturevalue(f"as_{who}")

    async def scenario():
        async with Tab(client) as tab:
            assert await tab.watches(topic) is allowed

    at_the_desk(scenario)


def test_an_agent_who_only_sees_their_own_may_not_watch_their_teams_list(at_the_desk, as_bob, bob, support):
    User.objects.filter(pk=bob.pk).update(scope=User.Scope.MINE)

    async def scenario():
        async with Tab(as_bob) as tab:
            assert await tab.watches(f"inbox-agent-{bob.pk}")
            assert not await tab.watches(f"inbox-team-{support.pk}")

    at_the_desk(scenario)


def test_logging_out_elsewhere_closes_the_socket_with_4401(at_the_desk, as_bob):
    async def scenario():
        async with Tab(as_bob) as tab:
            await tab.send(type="ping")
            await tab.hears(type="pong")
            await change(end_session)(as_bob)
            assert await tab.is_closed_with() == 4401

    at_the_desk(scenario)


def test_another_session_of_the_agent_stays_open(at_the_desk, as_bob, bob):
    second = Client()
    second.force_login(bob)

    async def scenario():
        async with Tab(as_bob) as tab:
            await change(end_session)(second)
            await tab.hears(kind="session")
            await tab.send(type="ping")
            await tab.hears(type="pong")

    at_the_desk(scenario)


def test_a_deactivated_agent_is_out_at_the_next_beat(at_the_desk, as_bob, bob):
    async def scenario():
        async with Tab(as_bob) as tab:
            await change(User.objects.filter(pk=bob.pk).update)(is_active=False)
            await tab.send(type="ping")
            assert await tab.is_closed_with() == 4401

    at_the_desk(scenario)


def test_what_an_agent_may_no_longer_see_falls_silent_at_the_next_beat(at_the_desk, as_bob, carol, sales):
    async def scenario():
        async with Tab(as_bob) as tab:
            assert await tab.watches(carol.topic)
            await change(type(carol).objects.filter(pk=carol.pk).update)(team=sales)
            await tab.send(type="ping")
            await tab.hears(type="refused", topic=carol.topic)
            await change(nudge)(carol.topic, revision=99)
            await tab.hears_nothing_with(revision=99)

    at_the_desk(scenario)


def test_two_agents_see_each_other_whoever_came_first(at_the_desk, as_ada, as_bob, ada, bob, carol):
    async def scenario():
        async with Tab(as_ada) as first, Tab(as_bob) as second:
            await first.watches(carol.topic)
            await first.send(type="presence", topic=carol.topic, state="viewing")
            await second.watches(carol.topic)
            await second.send(type="presence", topic=carol.topic, state="viewing")
            seen = await second.hears(kind="presence", agent=ada.pk, state="viewing")
            assert seen["name"] == ada.get_short_name()
            await first.hears(kind="presence", agent=bob.pk, state="viewing")

    at_the_desk(scenario)


def test_closing_the_tab_says_away(at_the_desk, as_ada, as_bob, bob, carol):
    async def scenario():
        async with Tab(as_ada) as stays:
            await stays.watches(carol.topic)
            async with Tab(as_bob) as leaves:
                await leaves.watches(carol.topic)
                await leaves.send(type="presence", topic=carol.topic, state="viewing")
                await stays.hears(agent=bob.pk, state="viewing")
            await stays.hears(agent=bob.pk, state="away")

    at_the_desk(scenario)


def test_lists_hear_who_has_a_conversation_open_and_when_no_longer(at_the_desk, as_ada, as_bob, bob, carol):
    async def scenario():
        async with Tab(as_ada) as beside:
            await beside.watches("inbox-all")
            async with Tab(as_bob) as reader:
                await reader.watches(carol.topic)
                await reader.send(type="presence", topic=carol.topic, state="viewing")
                seen = await beside.hears(topic="inbox-all", kind="presence", agent=bob.pk, state="viewing")
                assert seen["conversation"] == carol.pk
                await reader.send(type="presence", topic=carol.topic, state="viewing")
                await beside.hears_nothing_with(state="viewing")
            await beside.hears(topic="inbox-all", kind="presence", conversation=carol.pk, state="away")

    at_the_desk(scenario)


def test_typing_reaches_others_who_watch_and_nobody_who_does_not(at_the_desk, as_ada, as_bob, bob, carol, dave):
    async def scenario():
        async with Tab(as_ada) as here, Tab(as_ada) as elsewhere, Tab(as_bob) as typist:
            await here.watches(carol.topic)
            await elsewhere.watches(dave.topic)
            await typist.watches(carol.topic)
            await typist.send(type="typing", topic=carol.topic, mode="reply")
            await here.hears(kind="typing", agent=bob.pk)
            await elsewhere.hears_nothing_with(kind="typing")

    at_the_desk(scenario)


@pytest.mark.parametrize(("mode", "told"), [("reply", True), ("note", False)])
def test_the_customer_learns_of_a_reply_being_typed_but_not_of_a_note(
    at_the_desk, as_bob, carol, django_capture_on_commit_callbacks, mode, told
):
    class Screen:
        last_heard = float("inf")

        def __init__(self):
            self.got = []

        async def forward(self, nudge, text):
            self.got.append(nudge)

    async def scenario():
        identity = await change(lambda: carol.customer.identities.get().pk)()
        screen = Screen()
        current_hub().watch(screen, f"visitor-{identity}")
        async with Tab(as_bob) as tab:
            await tab.watches(carol.topic)
            await tab.send(type="typing", topic=carol.topic, mode=mode)
            await tab.hears(kind="typing")
            await asyncio.sleep(0.1)
        assert ({"topic": f"visitor-{identity}", "kind": "typing"} in screen.got) is told

    at_the_desk(scenario)


def test_nobody_can_speak_on_a_topic_they_do_not_watch(at_the_desk, as_ada, as_eve, eve, carol):
    async def scenario():
        async with Tab(as_ada) as listener, Tab(as_eve) as intruder:
            await listener.watches(carol.topic)
            await intruder.send(type="typing", topic=carol.topic, mode="reply")
            await intruder.send(type="presence", topic=carol.topic, state="viewing")
            await intruder.send(type="presence", topic=carol.topic, state="away")
            await listener.hears_nothing_with(agent=eve.pk)

    at_the_desk(scenario)


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"type": "receive"}', '{"type": 5}', '{"x": "' + "y" * 5000 + '"}']
)
def test_rubbish_is_ignored(at_the_desk, as_bob, text):
    async def scenario():
        async with Tab(as_bob) as tab:
            await tab.line.send_to(text_data=text)
            await tab.send(type="ping")
            await tab.hears(type="pong")

    at_the_desk(scenario)


def test_a_flood_is_cut_off(at_the_desk, as_bob):
    async def scenario():
        async with Tab(as_bob) as tab:
            for _ in range(201):
                await tab.send(type="unwatch", topic="x")
            assert await tab.is_closed_with() == 4429

    at_the_desk(scenario)


def test_no_more_than_so_many_topics(at_the_desk, as_ada, monkeypatch):
    monkeypatch.setattr("conversations.consumers.base.MOST_TOPICS", 2)

    async def scenario():
        async with Tab(as_ada) as tab:
            assert await tab.watches("inbox-all")
            assert not await tab.watches("inbox-agent-1")
            assert await tab.watches("inbox-all")

    at_the_desk(scenario)


def test_watching_anew_what_may_no_longer_be_seen_ends_it(at_the_desk, as_bob, carol, sales):
    async def scenario():
        async with Tab(as_bob) as tab:
            assert await tab.watches(carol.topic)
            await change(type(carol).objects.filter(pk=carol.pk).update)(team=sales)
            assert not await tab.watches(carol.topic)
            await change(nudge)(carol.topic, revision=99)
            await tab.hears_nothing_with(revision=99)

    at_the_desk(scenario)
