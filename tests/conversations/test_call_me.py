"""A visitor asks to be called."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from channels_app.models import Channel
from conversations.actions import call_me
from conversations.models import Call, Conversation, Intake
from conversations.visits import passes
from customers.models import IdentityClaim

MONDAY_NOON = "2026-11-23T03:00:00Z"  # 12:00 in Seoul
HOURS = {"mon": [["10:00", "18:00"]], "tue": [["10:00", "18:00"]]}


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    cache.clear()


@pytest.fixture
def phone(support) -> Channel:
    config = {"sender": "+8215880000", "region": "KR"}
    channel = Channel.objects.create(kind="twilio_voice", name="Hotline", config=config)
    Intake.objects.create(channel=channel, team=support, hours=HOURS)
    return channel


@pytest.fixture
def site(support, phone) -> Channel:
    config = {"origins": ["https://shop.example"], "offers_calls": True}
    channel = Channel.objects.create(kind="webchat", name="Shop", config=config)
    Intake.objects.create(channel=channel, team=support)
    return channel


def asked(client, site, **given):
    sent = {"client_id": str(uuid.uuid4()), "number": "010-1234-5678", "topic": "My parcel", **given}
    return client.post(f"/w/{site.token}/call/?lang=en", sent)


@time_machine.travel(MONDAY_NOON, tick=False)
def test_a_wish_becomes_a_call_that_is_owed(client, site, phone):
    assert "We will call you." in asked(client, site).content.decode()
    call, conversation = Call.objects.get(), Conversation.objects.get()
    assert (call.state, call.outcome, call.number, call.channel) == ("requested", "callback", "+821012345678", phone)
    assert call.is_owed
    assert call.callback_at == timezone.now() + timedelta(minutes=30)
    assert conversation.due_at == call.callback_at
    assert call.message.conversation == conversation
    assert call.message.text == "Please call me: +821012345678\nMy parcel"
    assert IdentityClaim.objects.get().value == "+821012345678"


@time_machine.travel("2026-11-23T10:00:00Z", tick=False)  # 19:00 in Seoul
def test_outside_hours_it_is_due_when_the_desk_opens(client, site):
    asked(client, site)
    opens = timezone.localtime().replace(hour=10) + timedelta(days=1)
    assert Call.objects.get().callback_at == opens + timedelta(minutes=30)


@time_machine.travel(MONDAY_NOON, tick=False)
def test_only_hours_of_business_are_offered(client, site, phone):
    offered = call_me.slots(phone)
    assert len(offered) == 12
    assert all(10 <= timezone.localtime(slot).hour < 18 for slot in offered)
    page = client.get(f"/w/{site.token}/call/?lang=en").content.decode()
    assert all(slot.isoformat() in page for slot in offered)
    wanted = offered[3]
    asked(client, site, when=wanted.isoformat())
    assert Call.objects.get().callback_at == wanted
    night = wanted.replace(hour=18).isoformat()
    assert asked(client, site, when=night).status_code == 422


@time_machine.travel(MONDAY_NOON, tick=False)
def test_asking_twice_is_asking_once(client, site):
    once = str(uuid.uuid4())
    asked(client, site, client_id=once)
    asked(client, site, client_id=once)
    assert Call.objects.count() == 1


@pytest.mark.parametrize("number", ["", "carol", "12"])
def test_what_is_no_number_comes_back_with_the_form(client, site, number):
    answer = asked(client, site, number=number) if number else asked(client, site, number=" ")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Call.objects.exists()


def test_programs_are_thanked_and_forgotten(client, site):
    assert asked(client, site, website="https://spam.example").status_code == 200
    assert not Call.objects.exists()


def test_nobody_floods_the_desk(client, site):
    answers = [asked(client, site).status_code for _one in range(6)]
    assert answers == [200] * 5 + [429]


@time_machine.travel(MONDAY_NOON, tick=False)
def test_the_panels_session_joins_the_visitors_conversation(client, site):
    asked(client, site)
    visitor = Call.objects.get().message.identity.visitors.get()
    asked(client, site, session=str(passes.new_session(visitor)))
    assert Call.objects.count() == 2
    assert Conversation.objects.count() == 1


def test_it_is_offered_only_where_there_is_a_telephone(client, site, phone):
    panel = f"/w/{site.token}/?popout&lang=en"
    assert "Call me" in client.get(panel).content.decode()
    Channel.objects.filter(pk=phone.pk).update(is_enabled=False)
    assert "Call me" not in client.get(panel).content.decode()
    assert client.get(f"/w/{site.token}/call/").status_code == 404


def test_it_is_offered_only_where_an_admin_wants_it(client, site):
    Channel.objects.filter(pk=site.pk).update(config={"origins": []})
    assert client.get(f"/w/{site.token}/call/").status_code == 404


def test_the_agents_see_number_and_time(client, as_bob, site):
    asked(client, site)
    call = Call.objects.get()
    page = as_bob.get(
        f"/conversations/{call.message.conversation_id}/pane/", headers={"hx-request": "true"}
    ).content.decode()
    assert "The customer wants to be called" in page
    assert "Call back by" in page
    assert f'"again": "{call.pk}"' in page
