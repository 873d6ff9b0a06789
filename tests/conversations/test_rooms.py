"""Video calls: the link, the door, the seats, the end."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from channels_app.models import Channel
from conversations.actions import rooms
from conversations.models import Call, Message
from conversations.refusal import Refused
from tests.channels_app.vonage.test_vonage import private_key

CHROME = {"user-agent": "Mozilla/5.0 Chrome/140"}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
def call(carol, bob, route) -> Call:
    return rooms.start(carol, by=bob, route=route(carol))


@pytest.fixture
def door(call) -> str:
    return f"/v/{rooms.code_of(call.key)}/"


def test_a_link_goes_to_the_customer_and_not_the_room(call, door):
    message = call.message
    assert f"https://desk.example.com{door}" in message.text
    assert call.external_id not in message.text
    assert message.deliveries.count() == 1
    assert (call.state, call.medium, message.details["call"]) == ("ringing", "video", "video")


def test_looking_at_the_link_changes_nothing(client, call, door):
    for _look in range(3):
        page = client.get(door, headers=CHROME)
        assert page.status_code == 200
        assert call.external_id not in page.content.decode()
    call.refresh_from_db()
    assert (call.state, call.details.get("holder")) == ("ringing", None)


def test_the_customer_enters_by_a_button(client, call, door):
    entered = client.post(door)
    assert entered.status_code == 302
    assert entered["Location"] == f"https://meet.jit.si/{call.external_id}"
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("in_progress", "answered")
    assert client.cookies["room"]["httponly"]
    assert client.cookies["room"]["path"] == door


def test_one_device_may_come_back_and_another_may_not(client, call, door):
    client.post(door)
    assert client.post(door).status_code == 302
    client.cookies.clear()
    refused = client.post(door)
    assert refused.status_code == 409
    assert call.external_id not in refused.content.decode()


def test_the_form_may_lead_to_the_providers_address(client, door):
    assert "form-action 'self' https:" in client.get(door)["Content-Security-Policy"]


def test_inside_a_messenger_the_customer_is_told_to_open_a_browser(client, door):
    inside = client.get(door, headers={"user-agent": "Mozilla/5.0 (iPhone) KAKAOTALK 10.4.5", "accept-language": "en"})
    assert "Open in browser" in inside.content.decode()
    assert "Open in browser" not in client.get(door, headers={**CHROME, "accept-language": "en"}).content.decode()


def test_after_two_hours_nobody_enters(client, as_bob, call, door):
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1)):
        assert client.get(door).status_code == 410
        assert client.post(door).status_code == 410
        assert rooms.end_overdue() == 1
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("missed", "nobody")


@pytest.mark.parametrize("code", ["x", "a" * 22, "ä" * 22, "=" * 22])
def test_a_wrong_link_leads_nowhere(client, call, code):
    assert client.get(f"/v/{code}/").status_code == 404


def test_a_telephone_call_has_no_door(client, call):
    Call.objects.update(medium="phone")
    assert client.get(f"/v/{rooms.code_of(call.key)}/").status_code == 404


def test_the_agent_enters_and_ends_it(client, as_bob, call, door):
    seat = as_bob.get(f"/calls/{call.pk}/room/")
    assert seat["Location"].endswith(call.external_id)
    client.post(door)
    assert as_bob.delete(f"/calls/{call.pk}/room/", headers={"hx-request": "true"}).status_code == 200
    call.refresh_from_db()
    assert call.state == "completed"
    assert client.post(door).status_code == 410
    assert as_bob.get(f"/calls/{call.pk}/room/").status_code == 410


def test_who_may_not_see_the_conversation_cannot_enter(as_bob, as_eve, call):
    assert as_bob.get(f"/calls/{call.pk}/room/").status_code == 302
    assert as_eve.get(f"/calls/{call.pk}/room/").status_code == 404
    assert as_eve.delete(f"/calls/{call.pk}/room/").status_code == 404


def test_one_room_at_a_time(call, bob, route):
    conversation = call.message.conversation
    with pytest.raises(Refused):
        rooms.start(conversation, by=bob, route=route(conversation))
    rooms.end(call)
    assert rooms.start(conversation, by=bob, route=route(conversation)).external_id != call.external_id


def test_an_agent_starts_one_by_a_click(as_bob, as_eve, carol):
    assert as_eve.post(f"/conversations/{carol.pk}/room/", headers={"hx-request": "true"}).status_code == 404
    assert as_bob.post(f"/conversations/{carol.pk}/room/", headers={"hx-request": "true"}).status_code == 200
    assert Call.objects.get().agent.name == "Bob"
    assert Message.objects.filter(kind="outbound").count() == 1


def test_the_thread_shows_it(as_bob, call):
    page = as_bob.get(
        f"/conversations/{call.message.conversation_id}/pane/", headers={"hx-request": "true"}
    ).content.decode()
    assert "Video call: waiting for the customer" in page
    assert f"/calls/{call.pk}/room/" in page


def test_vonages_script_runs_in_a_page_of_ours_and_nowhere_else(client, outside, carol, bob, route):
    config = {"provider": "vonage", "application_id": "78d335fa-323d-4114-9c3d-000000000001"}
    Channel.objects.create(kind="video", name="Video", config=config, secrets={"private_key": private_key()})
    outside.answer([{"session_id": "S1"}])
    call = rooms.start(carol, by=bob, route=route(carol))
    assert call.details["room"] == {"provider": "vonage", "session": "S1"}
    door = f"/v/{rooms.code_of(call.key)}/"
    assert "unpkg.com" not in client.get(door)["Content-Security-Policy"]
    page = client.post(door)
    assert page.status_code == 200
    assert 'data-session="S1"' in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "https://unpkg.com" in policy
    assert "unsafe" not in policy


def test_without_a_room_nothing_is_sent(outside, carol, bob, route):
    config = {"provider": "vonage", "application_id": "78d335fa-323d-4114-9c3d-000000000001"}
    Channel.objects.create(kind="video", name="Video", config=config, secrets={"private_key": private_key()})
    outside.answer({"title": "Unauthorized"}, 401)
    with pytest.raises(Refused):
        rooms.start(carol, by=bob, route=route(carol))
    assert not Message.objects.filter(kind="outbound").exists()
