"""Signs of life, profiles and pictures: asked for once, never in an agent's way."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from channels_app.contract import PermanentFailure, RemoteFile
from conversations import tasks
from conversations.actions import knowing, state, tending
from conversations.consumers import desk
from conversations.live.bus import current_bus
from conversations.models import Message
from conversations.reach import routes_of
from customers.models import BLOCKED, Customer, Identity
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def slip(post, pigeons) -> Message:
    """Carol wrote by pigeon."""
    return post("Carol", "Coo", to=pigeons)


@pytest.fixture
def woken(monkeypatch) -> list[tuple]:
    """Which tasks were asked for: what the broker is given."""
    import dramatiq

    asked = []
    monkeypatch.setattr(
        dramatiq.get_broker(), "enqueue", lambda message, **_: asked.append((message.actor_name, *message.args))
    )
    return asked


# ── Typing and reading ─────────────────────────────────────────────────────────────────────────────────────────────
def test_customer_who_types_is_announced_to_those_who_look(slip, tell, pigeons):
    bus = current_bus()
    bus.sent.clear()
    tell({"is": "typing", "from": "Carol"}, {"is": "typing", "from": "Carol", "is_typing": False}, by=pigeons)
    said = [one for payload in bus.sent for one in json.loads(payload) if one.get("kind") == "typing"]
    assert {one["topic"] for one in said} >= {slip.conversation.topic, "inbox-all"}
    assert len([one for one in said if one["topic"] == "inbox-all"]) == 1


def test_stranger_who_types_makes_no_customer(tell, pigeons):
    tell({"is": "typing", "from": "Nobody"}, by=pigeons)
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_agents_typing_reaches_the_provider_once_in_some_seconds(slip, ada, woken):
    for _ in range(3):
        desk.say_typing(ada.pk, "Ada", slip.conversation.topic, to_customer=True)
    desk.say_typing(ada.pk, "Ada", slip.conversation.topic, to_customer=False)
    assert woken == [("show_typing", slip.conversation_id)]
    tasks.show_typing(slip.conversation_id)
    assert Postcard.asked == [("typing", "carol", slip.external_id)]


@pytest.mark.django_db(transaction=True)
def test_typing_is_not_told_to_a_channel_that_does_not_show_it(carol, ada, woken):
    desk.say_typing(ada.pk, "Ada", carol.topic, to_customer=True)
    state.mark_read(carol, agent=ada)
    assert not [one for one in woken if one[0] in ("show_typing", "mark_read")]


@pytest.mark.django_db(transaction=True)
def test_reading_marks_the_customers_last_message_once(slip, ada, bob, woken):
    for agent in (ada, bob):
        state.mark_read(slip.conversation, agent=agent)
        tasks.mark_read(slip.conversation_id)
    assert ("mark_read", slip.conversation_id) in woken
    assert Postcard.asked == [("read", "carol", slip.external_id)]


def test_sign_that_the_provider_refuses_disturbs_nobody(slip):
    Postcard.troubles.append(PermanentFailure("no"))
    tending.show_typing(slip.conversation_id)


def test_paused_channel_is_told_nothing(slip, pigeons):
    pigeons.state = "paused"
    pigeons.save()
    tending.show_typing(slip.conversation_id)
    assert not Postcard.asked


# ── Who they are ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_first_message_asks_once_who_it_is(post, pigeons, woken):
    slip = post("x-17", "Coo", to=pigeons)
    assert ("fetch_profile", pigeons.pk, slip.identity_id) in woken
    Postcard.holds["profile"] = {"name": "Carol Kim", "language": "ko", "picture": RemoteFile("p", "", content=PNG)}
    tasks.fetch_profile(pigeons.pk, slip.identity_id)
    tasks.fetch_profile(pigeons.pk, slip.identity_id)
    known = Identity.objects.get()
    assert Postcard.asked == [("profile", "x-17")]
    assert (known.customer.name, known.customer.language, known.picture.read()) == ("Carol Kim", "ko", PNG)
    woken.clear()
    post("x-17", "Coo again", to=pigeons)
    assert not [one for one in woken if one[0] == "fetch_profile"]


def test_profile_that_cannot_be_had_is_asked_for_with_the_next_message(slip, pigeons):
    Postcard.troubles.append(PermanentFailure("no"))
    assert not knowing.ask_for_profile(pigeons, slip.identity)
    assert knowing.ask_for_profile(pigeons, slip.identity)


def contact(**more) -> dict:
    return {"is": "contact", "from": "Carol", **more}


def test_name_from_the_channel_follows_it_until_a_person_has_corrected_it(slip, tell, pigeons):
    tell(contact(name="Caro"), by=pigeons)
    tell(contact(name="Carol K."), by=pigeons)
    assert Customer.objects.get().name == "Carol K."
    Customer.objects.update(name="Kim Carol")
    tell(contact(name="C."), by=pigeons)
    assert Customer.objects.get().name == "Kim Carol"


def test_customer_who_left_cannot_be_reached_until_they_are_back(slip, tell, pigeons):
    tell(contact(is_blocked=True), by=pigeons)
    blocked = routes_of(slip.conversation)[0]
    assert blocked.obstacle.code == "unreachable"
    assert str(blocked.reason) != BLOCKED, "what is kept is a code, what is shown are words"
    tell(contact(is_blocked=False), by=pigeons)
    assert routes_of(slip.conversation)[0].is_usable


def test_only_what_the_customer_says_shows_that_they_can_be_reached(slip, tell, pigeons, post):
    tell(contact(is_blocked=True), by=pigeons)
    tell(contact(name="Carol K."), {"is": "consent", "from": "Carol", "is_granted": True}, by=pigeons)
    tell({"id": "e1", "from": "Desk", "to": ["Carol"], "is_echo": True, "text": "Hello?"}, by=pigeons)
    assert not routes_of(slip.conversation)[0].is_usable
    post("Carol", "I am back", to=pigeons)
    assert routes_of(slip.conversation)[0].is_usable


def test_proven_id_of_the_same_account_leads_to_one_customer(slip, tell, pigeons):
    tell(contact(proven=["Carol two"]), by=pigeons)
    two = Identity.objects.get(value="carol two")
    assert (two.account, two.customer_id, two.is_verified) == (pigeons.account, slip.identity.customer_id, True)


def test_proven_id_of_another_customer_joins_the_two(slip, tell, pigeons, post):
    other = post("Carol two", "Me again", to=pigeons)
    tell(contact(proven=["Carol two"]), by=pigeons)
    assert set(Identity.objects.values_list("customer", flat=True)) == {other.identity.customer_id}


@pytest.mark.django_db(transaction=True)
def test_picture_is_fetched_once_a_day_and_replaces_the_one_before(slip, tell, pigeons, woken):
    tell(contact(picture={"url": "https://cdn.example/p"}), by=pigeons)
    asked = ("fetch_picture", slip.identity_id, pigeons.pk, "https://cdn.example/p", "")
    assert asked in woken
    Postcard.holds["file"] = (PNG, "", "")
    tasks.fetch_picture(*asked[1:])
    first = Identity.objects.get().picture
    assert first.read() == PNG
    woken.clear()
    tell(contact(picture={"url": "https://cdn.example/p"}), by=pigeons)
    assert asked not in woken
    Identity.objects.update(profile_at=timezone.now() - timedelta(days=2))
    tell(contact(picture={"url": "https://cdn.example/p"}), by=pigeons)
    assert asked in woken
    tasks.fetch_picture(*asked[1:])
    assert not first.storage.exists(first.name)


def test_what_is_no_picture_is_not_kept(slip):
    assert not knowing.store_picture(slip.identity, b"<svg onload=x>")
    assert not Identity.objects.get().picture


# ── The end of a session ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def ended(monkeypatch) -> list[str]:
    """Whose sessions the tests' provider was asked to close, by a channel that closes them."""
    addresses: list[str] = []
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, ends_sessions=True))
    monkeypatch.setattr(Postcard, "end_session", lambda self, address: addresses.append(address.value), raising=False)
    return addresses


def test_session_is_closed_once_the_resolution_stands(carol, ada, ended, woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        state.resolve(carol, by=ada)
    assert ("end_session", carol.pk) in woken
    tasks.end_session(carol.pk)
    assert ended == ["carol street 1"]


def test_resolution_that_was_taken_back_closes_nothing(carol, ada, ended):
    state.resolve(carol, by=ada)
    state.reopen(carol, by=ada)
    tasks.end_session(carol.pk)
    assert not ended
