"""Calls on the agents' screens: the thread, the panel, the corner."""

import pytest

from channels_app.contract import Address, CallState, CallUpdate, FileRole, RemoteFile
from channels_app.models import Channel
from conversations.actions import calling, calls
from conversations.models import Call, Intake
from conversations.reach import routes_of
from conversations.stream.calls import length

CAROL = Address("phone", "+447700900001", name="Carol")
HTMX = {"hx-request": "true"}


@pytest.fixture
def phone(support) -> Channel:
    channel = Channel.objects.create(kind="twilio_voice", name="Hotline", config={"sender": "+447700900000"})
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def ringing(phone) -> Call:
    return calls.receive_call(phone, CallUpdate("CA1", CAROL, CallState.RINGING))


def news(call, **update):
    return calls.receive_call(call.channel, CallUpdate(call.external_id, **update))


def pane(client, call):
    return client.get(f"/conversations/{call.message.conversation_id}/pane/", headers=HTMX).content.decode()


def test_who_calls_pops_up_for_the_team_and_for_nobody_else(as_bob, as_eve, ringing):
    shown = as_bob.get("/calls/now/", headers=HTMX).content.decode()
    assert "Carol" in shown
    assert f"/conversations/{ringing.message.conversation_id}/" in shown
    assert "Carol" not in as_eve.get("/calls/now/", headers=HTMX).content.decode()


def test_whoever_is_served_by_a_colleague_needs_nobodys_attention(as_ada, as_bob, bob, ringing):
    bob.phone = "+447700900077"
    bob.save()
    news(ringing, state=CallState.IN_PROGRESS, answered_by=bob.phone)
    assert "data-call" in as_bob.get("/calls/now/", headers=HTMX).content.decode()
    assert "data-call" not in as_ada.get("/calls/now/", headers=HTMX).content.decode()
    news(ringing, state=CallState.COMPLETED)
    assert "data-call" not in as_bob.get("/calls/now/", headers=HTMX).content.decode()


def test_the_thread_tells_what_became_of_a_call(as_bob, ringing):
    assert "The customer is calling" in pane(as_bob, ringing)
    recording = RemoteFile("r.mp3", "audio/mpeg", content=b"ID3", seconds=7, role=FileRole.RECORDING)
    news(ringing, state=CallState.COMPLETED)
    news(ringing, recording=recording, is_voicemail=True)
    news(ringing, transcript="Please call me")
    page = pane(as_bob, ringing)
    assert "Missed call" in page
    assert "Left a message" in page
    assert "<audio" in page
    assert "Please call me" in page
    assert f'"again": "{ringing.pk}"' in page


def test_an_owed_call_shows_its_time(as_bob, bob, ringing):
    news(ringing, wants_call_back=True)
    news(ringing, state=CallState.COMPLETED)
    assert "Call back by" in pane(as_bob, ringing)
    bob.phone = "+447700900077"
    placed = calling.call_customer(ringing.message.conversation, identity=None, number=CAROL.value, by=bob)
    news(placed, key=placed.key.hex, is_inbound=False, state=CallState.IN_PROGRESS, answered_by=CAROL.value)
    page = pane(as_bob, ringing)
    assert "Called back" in page
    assert "Call back by" not in page


def test_a_number_in_the_panel_can_be_called(as_bob, bob, ringing):
    news(ringing, state=CallState.COMPLETED)
    identity = ringing.message.identity
    assert f'"identity": "{identity.pk}"' in pane(as_bob, ringing)
    address = f"/conversations/{ringing.message.conversation_id}/calls/"
    assert as_bob.post(address, {"identity": identity.pk}, headers=HTMX).status_code == 409
    bob.phone = "+447700900077"
    bob.save()
    assert as_bob.post(address, {"identity": identity.pk}, headers=HTMX).status_code == 200
    call = Call.objects.get(direction="outbound")
    assert (call.number, call.agent, call.message.identity) == (CAROL.value, bob, identity)


def test_an_earlier_call_can_be_returned(as_bob, bob, ringing):
    bob.phone = "+447700900077"
    bob.save()
    news(ringing, state=CallState.COMPLETED)
    address = f"/conversations/{ringing.message.conversation_id}/calls/"
    assert as_bob.post(address, {"again": ringing.pk}, headers=HTMX).status_code == 200
    assert Call.objects.get(direction="outbound").number == CAROL.value


def test_another_customers_number_cannot_be_called_from_here(as_bob, carol, ringing):
    identity = ringing.message.identity
    answer = as_bob.post(f"/conversations/{carol.pk}/calls/", {"identity": identity.pk}, headers=HTMX)
    assert answer.status_code == 422
    assert as_bob.post(f"/conversations/{carol.pk}/calls/", {"again": ringing.pk}, headers=HTMX).status_code == 422


def test_who_may_not_see_the_conversation_cannot_call(as_bob, as_eve, ringing):
    address = f"/conversations/{ringing.message.conversation_id}/calls/"
    assert as_bob.post(address, {}, headers=HTMX).status_code == 422
    assert as_eve.post(address, {}, headers=HTMX).status_code == 404


def test_without_a_telephone_channel_no_button_is_offered(as_bob, ringing):
    news(ringing, state=CallState.COMPLETED)
    Channel.objects.filter(pk=ringing.channel_id).update(is_enabled=False)
    assert '"identity":' not in pane(as_bob, ringing)


@pytest.mark.parametrize(("seconds", "words"), [(7, "0:07"), (93, "1:33"), (3723, "1:02:03")])
def test_lengths_are_read_as_on_a_telephone(seconds, words):
    assert length(seconds) == words


def test_a_thread_of_calls_asks_no_more_for_three_than_for_one(as_bob, phone, ringing, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    news(ringing, state=CallState.COMPLETED)
    pane(as_bob, ringing)
    with CaptureQueriesContext(connection) as one:
        pane(as_bob, ringing)
    for number in (2, 3):
        news(calls.receive_call(phone, CallUpdate(f"CA{number}", CAROL, CallState.RINGING)), state=CallState.COMPLETED)
    with CaptureQueriesContext(connection) as three:
        pane(as_bob, ringing)
    assert len(three) <= len(one)


def test_nobody_writes_by_a_telephone(as_bob, ringing):
    assert routes_of(ringing.message.conversation) == []


def test_the_settings_tell_what_callers_meet(as_ada, phone):
    page = as_ada.get(f"/settings/channels/{phone.pk}/").content.decode()
    assert "After 5 minutes the desk takes a message." in page
