"""Listening at Discord's gateway, over a real web socket."""

import json
import socket
import threading
from pathlib import Path

import pytest

from channels_app.connectors.discord import gateway
from channels_app.contract import AccountFailure, TemporaryFailure
from channels_app.http import Forbidden
from tests.channels_app.discord.wire import Gateway, Talk, Tray
from tests.channels_app.outside import connector

PAYLOADS = Path(__file__).parent / "payloads"
BOT = "1000000000000000009"
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwOQ.Gabcde.secret"
SERVER_CHANNEL, DIRECT = "2000000000000000001", "2000000000000000002"


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def discord():
    return connector("discord", secrets={"bot_token": TOKEN}, channels=SERVER_CHANNEL)


def told(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())["d"]


def greet(talk: Talk, address: str, session="s1") -> dict:
    """Hear who connects, and let them in."""
    said = talk.hear()
    talk.tell("READY", 1, session_id=session, resume_gateway_url=address)
    return said


def listen(discord, outside, tray, scenes, *, beat_seconds=40.0, finds=True):
    with Gateway(scenes, beat_seconds).running() as there:
        if finds:
            outside.answers.insert(0, _found(there))
        discord.watch(tray)
    return there


def _found(there):
    from channels_app.http import Answer

    body = {"url": there.address, "session_start_limit": {"remaining": 999}}
    return Answer(200, {}, json.dumps(body).encode(), "https://outside.example/")


def test_what_customers_write_is_kept_with_its_place_in_the_stream(discord, outside):
    heard = []

    def scene(talk):
        heard.append(greet(talk, "ws://127.0.0.1:1"))
        talk.tell("GUILD_CREATE", 2, id="3")
        talk.tell("MESSAGE_CREATE", 3, **told("server_elsewhere"))
        talk.tell("MESSAGE_CREATE", 4, **told("direct"))
        heard.append(talk.wait())

    tray = Tray(enough=1)
    there = listen(discord, outside, tray, [scene])
    identify, ended = heard
    assert identify["op"] == 2
    assert identify["d"]["token"] == TOKEN
    assert identify["d"]["intents"] & gateway.MESSAGE_CONTENT
    assert there.heard == ["/?v=10&encoding=json"]
    assert [frame["d"]["content"] for frame in tray.kept] == ["Hello <:party:123456789012345678>"]
    assert tray.kept[0]["session"] == "s1"
    assert tray.cursor == {
        "bot": BOT,
        "session": "s1",
        "address": "ws://127.0.0.1:1",
        "number": 4,
        "last": {DIRECT: ["", "4000000000000000001"]},
    }
    assert ended == 4000  # 1000 would end the session


def test_contents_are_asked_for_only_where_channels_are_read(outside):
    heard = []

    def scene(talk):
        heard.append(greet(talk, ""))
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.wait()

    listen(connector("discord", secrets={"bot_token": TOKEN}), outside, Tray(enough=1), [scene])
    assert not heard[0]["d"]["intents"] & gateway.MESSAGE_CONTENT


def test_a_broken_connection_is_resumed_where_it_was(discord, outside):
    heard = []

    def first(talk):
        greet(talk, there_address())
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.close(4000)

    def second(talk):
        heard.append(talk.hear())
        talk.tell("MESSAGE_CREATE", 3, **{**told("direct"), "id": "4000000000000000002"})
        talk.tell("RESUMED", 4)
        talk.wait()

    running = Gateway([first, second])

    def there_address():
        return running.address

    tray = Tray(enough=2)
    with running.running():
        outside.answers.append(_found(running))
        discord.watch(tray)
    assert heard == [{"op": 6, "d": {"token": TOKEN, "session_id": "s1", "seq": 2}}]
    assert [frame["d"]["id"][-1] for frame in tray.kept] == ["1", "2"]
    assert len(outside.calls) == 1  # the session's own address, not asked for again


def test_a_process_that_starts_again_resumes_too(discord, outside):
    heard = []

    def scene(talk):
        heard.append(talk.hear()["d"])
        talk.tell("MESSAGE_CREATE", 8, **told("direct"))
        talk.wait()

    with Gateway([scene]).running() as there:
        cursor = {"bot": BOT, "session": "s0", "address": there.address, "number": 7, "last": {}}
        tray = Tray(enough=1, cursor=cursor)
        discord.watch(tray)
    assert heard == [{"token": TOKEN, "session_id": "s0", "seq": 7}]
    assert tray.cursor["number"] == 8


def test_another_bots_place_is_not_ours(discord, outside):
    heard = []

    def scene(talk):
        heard.append(greet(talk, "")["op"])
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.wait()

    cursor = {"bot": "5", "session": "s0", "address": "ws://127.0.0.1:1", "number": 7, "last": {}}
    listen(discord, outside, Tray(enough=1, cursor=cursor), [scene])
    assert heard == [2]


def test_what_was_missed_between_two_sessions_is_fetched(discord, outside):
    heard = []

    def first(talk):
        heard.append(talk.hear()["op"])
        talk.say(9, False)
        talk.wait()

    def second(talk):
        heard.append(greet(talk, there.address, session="s2")["op"])
        talk.wait()

    there = Gateway([first, second])
    with there.running():
        last = {SERVER_CHANNEL: ["3000000000000000001", "4000000000000000000"], DIRECT: ["", "4000000000000000000"]}
        cursor = {"bot": BOT, "session": "s1", "address": there.address, "number": 7, "last": last}
        tray = Tray(enough=3, cursor=cursor)
        outside.answers.append(_found(there))
        newer = {**told("server"), "id": "4000000000000000003"}
        del newer["guild_id"]
        outside.answer([newer, {**newer, "id": "4000000000000000002"}])
        outside.answer([told("direct")])
        discord.watch(tray)
    assert heard == [6, 2]
    assert [frame["d"]["id"][-1] for frame in tray.kept] == ["2", "3", "1"]
    assert outside.calls[1].options["params"] == {"after": "4000000000000000000", "limit": "100"}
    senders = [discord.parse(_stored(frame))[0].sender.value for frame in tray.kept]
    assert senders == [f"{SERVER_CHANNEL}:1000000000000000001"] * 2 + ["1000000000000000001"]
    assert tray.cursor["session"] == "s2"


def _stored(frame):
    from tests.channels_app.outside import envelope

    return envelope(frame)


def test_a_heart_that_is_not_answered_means_a_dead_connection(discord, outside):
    heard = []

    def first(talk):
        greet(talk, there.address)
        talk.tell("TYPING_START", 2, **told("typing"))
        heard.extend([talk.hear(), talk.wait()])

    def second(talk):
        heard.append(talk.hear()["op"])
        talk.tell("MESSAGE_CREATE", 3, **told("direct"))
        talk.wait()

    there = Gateway([first, second], beat_seconds=1.0)
    with there.running():
        outside.answers.append(_found(there))
        discord.watch(Tray(enough=2))
    assert heard == [{"op": 1, "d": 2}, 4000, 6]


def test_a_heart_beats_when_asked_and_an_answer_means_that_all_is_well(discord, outside):
    heard = []
    tray = Tray(enough=1)

    def scene(talk):
        greet(talk, "")
        talk.say(1)
        heard.append(talk.hear())
        talk.say(11)
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.wait()

    listen(discord, outside, tray, [scene])
    assert heard == [{"op": 1, "d": 1}]
    assert tray.reports == 2  # begun, and answered


def test_where_nothing_is_for_us_the_place_is_written_down_all_the_same(discord, outside):
    tray = Tray()

    def scene(talk):
        greet(talk, "ws://x")
        talk.tell("MESSAGE_CREATE", 5, **told("server_elsewhere"))
        talk.hear()
        tray.closed = True
        talk.say(11)
        talk.wait()

    listen(discord, outside, tray, [scene], beat_seconds=1.0)
    assert tray.kept == []
    assert tray.cursor["number"] == 5


def test_a_pressed_button_is_answered_and_a_failure_of_that_harms_nobody(discord, outside):
    def scene(talk):
        greet(talk, "")
        talk.tell("INTERACTION_CREATE", 2, **told("interaction"))
        talk.wait()

    outside.answer({"message": "Unknown interaction", "code": 10062}, status=404)
    tray = Tray(enough=1)
    listen(discord, outside, tray, [scene])
    assert outside.last.url == "https://discord.com/api/v10/interactions/6000000000000000001/tok/callback"
    assert outside.last.json == {"type": 6}
    assert len(tray.kept) == 1


@pytest.mark.parametrize("code", [4004, 4014])
def test_a_refused_bot_is_said(discord, outside, code):
    def scene(talk):
        talk.hear()
        talk.close(code)

    with pytest.raises(AccountFailure) as caught:
        listen(discord, outside, Tray(), [scene])
    assert caught.value.code == str(code)
    assert caught.value.advice


def test_a_lost_session_is_begun_anew_and_written_down(discord, outside):
    heard = []

    def first(talk):
        heard.append(talk.hear()["op"])
        talk.close(4009)

    def second(talk):
        heard.append(greet(talk, "")["op"])
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.wait()

    there = Gateway([first, second])
    with there.running():
        cursor = {"bot": BOT, "session": "s1", "address": there.address, "number": 7, "last": {}}
        outside.answers.append(_found(there))
        tray = Tray(enough=1, cursor=cursor)
        discord.watch(tray)
    assert heard == [6, 2]
    assert tray.cursor["number"] == 2
    assert len(tray.pauses) == 1
    assert 1 <= tray.pauses[0] <= 5


def test_a_gateway_that_says_nothing_twice_is_a_failure(discord, outside):
    def scene(talk):
        talk.hear()
        talk.say(7)
        talk.wait()

    with Gateway([scene, scene]).running() as there:
        outside.answers += [_found(there), _found(there)]
        with pytest.raises(TemporaryFailure):
            discord.watch(Tray())


def test_where_the_session_was_is_forgotten_when_nobody_is_there(discord, outside):
    heard = []

    def scene(talk):
        heard.append(talk.hear()["op"])
        talk.tell("MESSAGE_CREATE", 8, **told("direct"))
        talk.wait()

    cursor = {"bot": BOT, "session": "s1", "address": "ws://127.0.0.1:9", "number": 7, "last": {}}
    listen(discord, outside, Tray(enough=1, cursor=cursor), [scene])
    assert heard == [6]  # resumed all the same, at the address that everybody gets


def test_the_next_address_of_a_host_is_tried(discord, outside, settings):
    """The host has an address of the new kind too, at which nobody listens."""
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8", "::1/128"]

    def scene(talk):
        greet(talk, "")
        talk.tell("MESSAGE_CREATE", 2, **told("direct"))
        talk.wait()

    with Gateway([scene]).running() as there:
        outside.answer({"url": there.address.replace("127.0.0.1", "localhost")})
        tray = Tray(enough=1)
        discord.watch(tray)
    assert len(tray.kept) == 1


def test_what_is_no_gateway_is_a_failure(discord, outside):
    with socket.create_server(("127.0.0.1", 0)) as server:
        hung_up = threading.Thread(target=lambda: [server.accept()[0].close() for _ in range(2)])
        hung_up.start()
        for _ in range(2):
            outside.answer({"url": f"ws://127.0.0.1:{server.getsockname()[1]}"})
        tray = Tray()
        with pytest.raises(TemporaryFailure) as caught:
            discord.watch(tray)
        hung_up.join(5)
    assert caught.value.code == "gateway"
    assert len(tray.pauses) == 1


def test_a_gateway_in_our_own_network_is_not_called(discord, outside, settings):
    settings.OUTGOING_ALLOWED_NETWORKS = []
    with pytest.raises(Forbidden):
        listen(discord, outside, Tray(), [])


def test_a_day_without_sessions_left_is_said(discord, outside):
    outside.answer({"url": "wss://gateway.discord.gg", "session_start_limit": {"remaining": 0}})
    with pytest.raises(TemporaryFailure) as caught:
        discord.watch(Tray())
    assert caught.value.advice


def test_what_comes_in_joins_the_customers_conversation(outside, db):
    from channels_app.models import Channel
    from conversations.models import Message
    from conversations.polling import AccountInlet

    channel = Channel.objects.create(kind="discord", name="Server", secrets={"bot_token": TOKEN})
    channel.take_lease("me", 60)
    stopping = threading.Event()

    def scene(talk):
        greet(talk, "ws://x")
        for number in (2, 3):  # the second is a repetition
            talk.tell("MESSAGE_CREATE", number, **told("direct"))
        talk.say(1)
        talk.hear()
        stopping.set()
        talk.say(11)
        talk.wait()

    inlet = AccountInlet(channel.pk, "me", stopping)
    with Gateway([scene]).running() as there:
        outside.answers.append(_found(there))
        channel.connector.watch(inlet)
    assert [message.text for message in Message.objects.all()] == ["Hello :party:"]
    channel.refresh_from_db()
    assert (channel.cursor["session"], channel.cursor["number"]) == ("s1", 3)
