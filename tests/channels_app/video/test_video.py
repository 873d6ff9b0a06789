"""Rooms and seats: Jitsi with and without tokens, JaaS, Vonage Video."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.utils import timezone

from channels_app.connectors.video import VideoForm
from channels_app.contract import AccountFailure, Guest, PermanentFailure, Room
from tests.channels_app import outside as stage
from tests.channels_app.vonage.test_vonage import APPLICATION, private_key, public_key

HOUR = timedelta(hours=1)
CAROL = Guest("customer-1", "Carol")
ADA = Guest("agent-1", "Ada", is_host=True)


def video(secrets=None, **config):
    return stage.connector("video", secrets=secrets, **config)


def until():
    return timezone.now() + HOUR


def token_in(url):
    return parse_qs(urlsplit(url).query)["jwt"][0]


def test_jitsi_needs_nothing_but_a_room_that_nobody_guesses():
    connector = video()
    room, other = connector.open_room(), connector.open_room()
    assert len(room.name) >= 32
    assert room.name != other.name
    assert connector.seat(room, CAROL, until()).url == f"https://meet.jit.si/{room.name}"


def test_ones_own_jitsi_lets_in_by_token():
    connector = video({"app_secret": "s" * 32}, server="https://meet.example", app_id="desk", tenant="meet.example")
    ends = until()
    url = connector.seat(Room("r1", {}), CAROL, ends).url
    assert url.startswith("https://meet.example/r1?jwt=")
    claims = jwt.decode(token_in(url), "s" * 32, algorithms=["HS256"], audience="desk")
    assert (claims["iss"], claims["sub"], claims["room"], claims["exp"]) == (
        "desk",
        "meet.example",
        "r1",
        int(ends.timestamp()),
    )
    assert all(isinstance(value, str) for value in claims["context"]["user"].values())


def test_a_token_is_for_one_room_alone():
    connector = video({"app_secret": "s" * 32}, app_id="desk")
    claims = jwt.decode(
        token_in(connector.seat(Room("r1", {}), CAROL, until()).url), "s" * 32, ["HS256"], audience="desk"
    )
    assert claims["room"] == "r1"


def test_jaas_signs_with_the_key_that_it_names():
    connector = video({"jaas_private_key": private_key()}, provider="jaas", jaas_app_id="vpaas-1", jaas_key_id="k1")
    room = connector.open_room()
    url = connector.seat(room, ADA, until()).url
    assert url.startswith(f"https://8x8.vc/vpaas-1/{room.name}?jwt=")
    assert jwt.get_unverified_header(token_in(url))["kid"] == "vpaas-1/k1"
    claims = jwt.decode(token_in(url), public_key(), algorithms=["RS256"], audience="jitsi")
    assert (claims["iss"], claims["sub"], claims["room"]) == ("chat", "vpaas-1", room.name)
    assert claims["context"]["user"]["moderator"] == "true"
    guest = jwt.decode(token_in(connector.seat(room, CAROL, until()).url), public_key(), ["RS256"], audience="jitsi")
    assert guest["context"]["user"]["moderator"] == "false"


def test_a_broken_key_is_the_accounts_failure():
    connector = video({"jaas_private_key": "no key"}, provider="jaas", jaas_app_id="vpaas-1", jaas_key_id="k1")
    with pytest.raises(AccountFailure):
        connector.check()


def test_vonage_makes_a_session_and_a_token_for_each(outside):
    outside.answer([{"session_id": "S1"}])
    connector = video({"private_key": private_key()}, provider="vonage", application_id=APPLICATION)
    room = connector.open_room()
    assert outside.last.url == "https://video.api.vonage.com/session/create"
    assert outside.last.form == {"archiveMode": "manual", "p2p.preference": "disabled"}
    seat = connector.seat(room, ADA, until())
    assert (seat.url, seat.options["session"], seat.options["application"]) == ("", "S1", APPLICATION)
    claims = jwt.decode(seat.options["token"], public_key(), algorithms=["RS256"])
    assert (claims["scope"], claims["sub"], claims["session_id"], claims["role"]) == (
        "session.connect",
        "video",
        "S1",
        "moderator",
    )
    guest = jwt.decode(connector.seat(room, CAROL, until()).options["token"], public_key(), ["RS256"])
    assert guest["role"] == "publisher"


def test_a_refusal_of_vonage_is_told(outside):
    outside.answer({"title": "1020"}, 422)
    connector = video({"private_key": private_key()}, provider="vonage", application_id=APPLICATION)
    with pytest.raises(PermanentFailure):
        connector.open_room()


def test_a_room_stays_with_whoever_made_it():
    room = video().open_room()
    later = video({"jaas_private_key": private_key()}, provider="jaas", jaas_app_id="vpaas-1", jaas_key_id="k1")
    assert later.seat(room, CAROL, datetime.now(UTC) + HOUR).url.startswith("https://meet.jit.si/")


@pytest.mark.parametrize(
    ("entered", "wrong"),
    [
        ({"provider": "jitsi", "server": "https://meet.example/"}, set()),
        ({"provider": "jaas"}, {"jaas_app_id", "jaas_key_id"}),
        ({"provider": "vonage"}, {"application_id"}),
        ({"provider": "jitsi", "private_key": "no key"}, {"private_key"}),
    ],
)
def test_only_what_the_provider_needs_is_asked_for(entered, wrong):
    form = VideoForm(entered)
    assert set(form.errors) == wrong
    if not wrong:
        assert form.cleaned_data["server"] == "https://meet.example"
