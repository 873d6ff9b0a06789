"""A video call's link is for one customer alone, and is sent once."""

import pytest
from django.utils import timezone

from channels_app.contract import Seat
from conversations.actions import delivery, rooms
from conversations.models import Call, Message
from conversations.refusal import Refused
from conversations.views import rooms as views
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


def test_a_link_is_never_said_in_public(post, as_bob):
    comment = post("Carol", "Where is my parcel?", is_public=True, thread_id="post-1")
    started = as_bob.post(f"/conversations/{comment.conversation_id}/room/", headers={"hx-request": "true"})
    assert started.status_code == 200
    invitation = Message.objects.get(kind="outbound")
    assert not invitation.is_public
    delivery.deliver(invitation.deliveries.get().pk)
    assert [sent.is_public for sent in Postcard.posted] == [False]


def test_a_second_click_that_was_faster_than_the_room_sends_nothing(carol, bob, route, monkeypatch):
    """Rooms are made outside any transaction: another may have been made meanwhile."""
    made = rooms.provider()

    class Slow:
        def open_room(self):
            monkeypatch.setattr(rooms, "provider", lambda: made)
            rooms.start(carol, by=bob, route=route(carol))
            return made.open_room()

    monkeypatch.setattr(rooms, "provider", Slow)
    with pytest.raises(Refused):
        rooms.start(carol, by=bob, route=route(carol))
    assert Call.objects.count() == 1
    assert Message.objects.filter(kind="outbound").count() == 1


def test_a_cookie_of_strange_signs_is_a_wrong_one(client, carol, bob, route):
    call = rooms.start(carol, by=bob, route=route(carol))
    door = f"/v/{rooms.code_of(call.key)}/"
    client.post(door)
    client.cookies["room"] = "caf\xe9"
    assert client.post(door).status_code == 409


def test_of_the_providers_host_one_script_may_run(rf):
    seat = Seat(timezone.now(), script="https://cdn.example/video@2/video.js", options={})
    policy = views._seated(rf.get("/"), seat)._csp_update
    assert policy["script-src"] == ["https://cdn.example/video@2/video.js"]
