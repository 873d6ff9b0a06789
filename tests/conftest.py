"""The cast and the world they live in."""

import json
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from agents.models import Team, User
from channels_app import connectors
from channels_app.models import Channel, Envelope
from conversations.actions import inbound
from conversations.models import Conversation, Intake, Message
from conversations.reach import Route, routes_of
from tests.postcard import Postcard

pytest_plugins = ["tests.servers", "tests.mail_servers", "tests.channels_app.outside", "tests.channels_app.simulated"]

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def post_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the tests' own provider and start with empty piles."""
    monkeypatch.setitem(connectors.REGISTRY, "postcard", "tests.postcard.Postcard")
    for kind in ("counter", "pigeon", "carrier"):
        monkeypatch.setitem(connectors.REGISTRY, kind, f"tests.postcard.{kind.title()}")
    for pile in (Postcard.posted, Postcard.troubles, Postcard.asked, Postcard.holds):
        pile.clear()


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def support(db) -> Team:
    return Team.objects.create(name="Support", colour=1)


@pytest.fixture
def sales(db) -> Team:
    return Team.objects.create(name="Sales", colour=2)


def make_agent(name: str, *teams: Team, **fields: object) -> User:
    agent = User.objects.create_user(f"{name.lower()}@desk.example", PASSWORD, name=name, language="en", **fields)
    for team in teams:
        agent.memberships.create(team=team)
    return agent


@pytest.fixture
def ada(support: Team) -> User:
    """The admin."""
    return make_agent("Ada", support, role=User.Role.ADMIN)


@pytest.fixture
def bob(support: Team) -> User:
    """An agent of her team; sees what his teams have."""
    return make_agent("Bob", support, scope=User.Scope.TEAMS)


@pytest.fixture
def eve(sales: Team) -> User:
    """An agent of another team, who must see nothing."""
    return make_agent("Eve", sales, scope=User.Scope.TEAMS)


@pytest.fixture
def channel(support: Team) -> Channel:
    """A channel of the tests' own provider, whose conversations go to the support team."""
    channel = Channel.objects.create(kind="postcard", name="Postcards", secrets={"stamp": "red"})
    Intake.objects.create(channel=channel, team=support, reply_within_minutes=60)
    return channel


@pytest.fixture
def post(channel: Channel) -> Callable[..., Message]:
    """Let a customer write: `post("carol", "Hello")`; the message as it was stored."""
    count = 0

    def write(sender: str, text: str, *, to: Channel = channel, **card: object) -> Message:
        nonlocal count
        count += 1
        card = {"id": f"card-{count}", "from": sender, "text": text, **card}
        envelope = inbound.accept(to, json.dumps([card]).encode(), headers={})
        envelope.refresh_from_db()
        assert not envelope.error, envelope.error
        return Message.objects.get(channel=to, external_id=card["id"])

    return write


@pytest.fixture
def tell(channel: Channel) -> Callable[..., Envelope]:
    """Let the provider tell something in one request: `tell({"is": "typing", "from": "carol"}, by=channel)`."""

    def deliver(*items: dict[str, object], by: Channel = channel) -> Envelope:
        body = json.dumps(items, default=str).encode()
        envelope = inbound.accept(by, body, headers={"X-Number": uuid.uuid4().hex})
        envelope.refresh_from_db()
        assert not envelope.error, envelope.error
        return envelope

    return deliver


@pytest.fixture
def pigeons(support: Team) -> Channel:
    """A channel with every limit and every sign of life."""
    channel = Channel.objects.create(kind="pigeon", name="Pigeons")
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def carol(post) -> Conversation:
    """Carol wrote; her conversation waits in the support team."""
    return post("Carol Street 1", "My parcel has not come").conversation


@pytest.fixture
def dave(post) -> Conversation:
    """Dave wrote as well."""
    return post("Dave Road 2", "Do you ship abroad?").conversation


@pytest.fixture
def route() -> Callable[[Conversation], Route]:
    """The way by which the composer would answer."""
    return lambda conversation: routes_of(conversation)[0]


def signed_in(agent: User) -> Client:
    client = Client()
    client.force_login(agent)
    return client


@pytest.fixture
def as_ada(ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_eve(eve: User) -> Client:
    return signed_in(eve)
