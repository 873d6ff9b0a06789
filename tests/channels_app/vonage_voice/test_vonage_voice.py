"""Calls by Vonage: lists of actions, news that asks and news that only tells, calls placed."""

import hashlib
import json
from pathlib import Path

import jwt
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.vonage_voice import VonageVoiceForm
from channels_app.connectors.vonage_voice.ncco import Script
from channels_app.contract import (
    AccountFailure,
    CallOrder,
    CallState,
    CallUpdate,
    FileRole,
    PermanentFailure,
    Rejected,
    RemoteFile,
)
from channels_app.voice.steps import Ask, Go, HangUp, Ring, Say, Step, TakeMessage
from tests.channels_app import outside as stage
from tests.channels_app.voice.test_flow import Desk
from tests.channels_app.vonage.test_vonage import APPLICATION, SECRET, private_key

PAYLOADS = Path(__file__).parent / "payloads"
HOOK = "https://desk.example.com/hooks/hook-token/"
KEY = "0123456789abcdef0123456789abcdef"
RUNG = "step/rung/en/0/"
PATHS = {
    "answer": "",
    "withheld": "",
    "input_digit": "step/menu/en/0/",
    "input_speech": "step/menu/en/0/",
    "agent_ringing": RUNG,
    "agent_answered": RUNG,
    "agent_unanswered": RUNG,
    "completed": "status/",
    "busy": "status/",
    "recording": "recording/",
    "placed_agent_answered": f"status/{KEY}/",
    "placed_customer_answered": f"leg/{KEY}/",
    "placed_customer_busy": f"leg/{KEY}/",
    "notify": "step/recorded/en/0/",
}
FLOW = {"language": "en", "option_1": "Delivery", "option_2": "Returns", "option_2_goes": "callback"}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


def vonage(**config):
    secrets = {"signature_secret": SECRET, "private_key": private_key()}
    config = {"sender": "+447700900000", "application_id": APPLICATION, "api_key": "k", **FLOW, **config}
    return stage.connector("vonage_voice", secrets=secrets, **config)


def envelope(name, path=None):
    return stage.envelope((PAYLOADS / f"{name}.json").read_bytes(), path=PATHS[name] if path is None else path)


def news(name, path=None):
    (update,) = vonage().parse(envelope(name, path))
    return update


def answer(name, path=None, desk=None, **config):
    said = vonage(**config).answer(envelope(name, path), desk or Desk())
    return json.loads(said.content) if said.status_code == 200 else None


# ── Scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def written(*actions):
    return Script(HOOK, "+447700900000").actions(actions)


def test_a_question_may_be_answered_while_it_is_spoken():
    ask = Ask("Press 1.", "ko", Step("menu", "ko", 1), hints=["배송"])
    assert written(ask) == [
        {"action": "talk", "text": "Press 1.", "language": "ko-KR", "bargeIn": True},
        {
            "action": "input",
            "type": ["dtmf", "speech"],
            "dtmf": {"maxDigits": 1, "timeOut": 5},
            "eventUrl": [f"{HOOK}step/menu/ko/1/"],
            "eventMethod": "POST",
            "speech": {"language": "ko-KR", "context": ["배송"], "endOnSilence": 1, "startTimeout": 5},
        },
    ]


def test_after_music_that_may_be_broken_off_an_input_follows():
    steps = written(Ask("Wait", "en", Step("held", "en"), music="https://a/m.mp3", seconds=20))
    assert [step["action"] for step in steps] == ["talk", "stream", "input"]
    assert steps[1] == {"action": "stream", "streamUrl": ["https://a/m.mp3"], "bargeIn": True}
    assert steps[2]["dtmf"]["timeOut"] == 10


def test_one_agent_is_rung_and_the_call_goes_on_if_nobody_answers():
    record, connect = written(Ring(["+1", "+2"], Step("rung", "en", 0), "en", 20, records=True))
    assert record == {"action": "record", "format": "mp3", "eventUrl": [f"{HOOK}recording/"]}
    assert connect == {
        "action": "connect",
        "from": "447700900000",
        "timeout": 20,
        "eventType": "synchronous",
        "eventUrl": [f"{HOOK}{RUNG}"],
        "endpoint": [{"type": "phone", "number": "1", "onAnswer": {"url": f"{HOOK}whisper/en/"}}],
    }


def test_a_message_is_taken_and_then_something_is_said():
    actions = [Say("Speak", "en"), TakeMessage(Step("recorded", "en"), "en", 60), Go(Step("callback", "en")), HangUp()]
    talk, record, go, onward = written(*actions)
    assert talk["text"] == "Speak"
    assert (record["timeOut"], record["eventUrl"]) == (60, [f"{HOOK}voicemail/"])
    assert go == {"action": "notify", "payload": {"to": "recorded"}, "eventUrl": [f"{HOOK}step/recorded/en/0/"]}
    assert onward["eventUrl"] == [f"{HOOK}step/callback/en/0/"]


# ── The door ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_is_signed_by_its_token():
    body = (PAYLOADS / "answer.json").read_bytes()
    claims = {"iat": int(timezone.now().timestamp()), "api_key": "k", "payload_hash": hashlib.sha256(body).hexdigest()}
    bearer = f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"
    vonage().authenticate(stage.hook(body, authorization=bearer))
    with pytest.raises(Rejected):
        vonage().authenticate(stage.hook(body + b" ", authorization=bearer))


def test_an_incoming_call_hears_the_menu():
    assert [step["action"] for step in answer("answer")] == ["talk", "talk", "input"]


def test_a_get_is_understood_too():
    query = "to=447700900000&from=447700900001&conversation_uuid=CON-1&uuid=u1"
    (update,) = vonage().parse(stage.envelope(b"", query=query))
    assert (update.call_id, update.address.value) == ("CON-1", "+447700900001")


def test_a_key_or_a_word_leads_on():
    for name in ("input_digit", "input_speech"):
        (step,) = answer(name)
        assert step["eventUrl"] == [f"{HOOK}step/callback/en/0/"]


def test_news_of_an_agent_who_is_rung_leaves_the_call_as_it_is():
    assert answer("agent_ringing") is None
    assert answer("agent_answered") is None
    assert [step["action"] for step in answer("agent_unanswered")] == ["talk", "input"]


def test_after_a_message_the_caller_is_thanked():
    assert [step["text"] for step in answer("notify")] == ["Thank you. We will get back to you."]


@pytest.mark.parametrize("name", ["completed", "recording", "placed_agent_answered"])
def test_mere_news_is_answered_with_nothing(name):
    assert answer(name) is None


def test_a_call_we_placed_is_bridged_to_its_customer():
    class Knows(Desk):
        def customer_number(self, key):
            return "+447700900001" if key == KEY else ""

    _talk, connect = answer("notify", path=f"bridge/{KEY}/", desk=Knows())
    assert connect["endpoint"] == [{"type": "phone", "number": "447700900001"}]
    assert connect["eventUrl"] == [f"{HOOK}leg/{KEY}/"]
    assert answer("notify", path="bridge/other/", desk=Knows()) == []


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_rings():
    update = news("answer")
    assert (update.call_id, update.state, update.is_inbound) == ("CON-1", CallState.RINGING, True)
    assert (update.address.value, update.address.is_verified) == ("+447700900001", False)


def test_whoever_hides_the_number_is_a_stranger_each_time():
    assert news("withheld").address.value == "anonymous:CON-2"


def test_what_was_chosen_and_wished_is_told():
    assert news("input_digit").chosen == news("input_speech").chosen == "Returns"
    assert news("notify", path="step/callback/en/0/").wants_call_back


def test_an_agent_picks_up_or_does_not():
    update = news("agent_answered")
    assert (update.call_id, update.state, update.answered_by) == ("CON-1", CallState.IN_PROGRESS, "447700900077")
    assert vonage().parse(envelope("agent_unanswered")) == []


@pytest.mark.parametrize(
    ("name", "state", "duration", "code"),
    [("completed", CallState.COMPLETED, 93, ""), ("busy", CallState.MISSED, None, "busy")],
)
def test_a_call_ends(name, state, duration, code):
    update = news(name)
    assert (update.state, update.duration, update.code) == (state, duration, code)


def test_recordings_and_messages_are_files_to_be_fetched():
    update = news("recording")
    assert (update.recording.seconds, update.recording.size, update.recording.role) == (12, 12222, FileRole.RECORDING)
    assert news("recording", path="voicemail/").is_voicemail


def test_a_call_we_placed_names_our_key():
    agent, customer, busy = (news(f"placed_{one}") for one in ("agent_answered", "customer_answered", "customer_busy"))
    assert (agent.key, agent.is_inbound, agent.answered_by) == (KEY, False, "447700900077")
    assert (customer.key, customer.state, customer.answered_by) == (KEY, CallState.IN_PROGRESS, "447700900001")
    assert (busy.state, busy.code) == (None, "busy")


def test_each_request_has_a_key_of_its_own():
    keys = [vonage().dedup_key(envelope(name)) for name in PATHS if name != "input_speech"]
    assert len(set(keys)) == len(keys)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({name for path in PAYLOADS.iterdir() for name in json.loads(path.read_text())})


@given(st.sampled_from(list(PATHS)), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_odd_fields_are_survived(name, odd):
    payload = {**json.loads((PAYLOADS / f"{name}.json").read_text()), **odd}
    sent = stage.envelope(json.dumps(payload).encode(), path=PATHS[name])
    assert all(isinstance(item, CallUpdate) for item in vonage().parse(sent))
    vonage().dedup_key(sent)
    vonage().answer(sent, Desk())


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_is_placed_to_the_agent_first(outside):
    outside.answer({"uuid": "u5", "conversation_uuid": "CON-5", "status": "started"}, 201)
    assert vonage().call(CallOrder(KEY, "+447700900077", "+447700900001")).external_id == "CON-5"
    assert outside.last.url == "https://api.nexmo.com/v1/calls"
    assert outside.last.json == {
        "to": [{"type": "phone", "number": "447700900077"}],
        "from": {"type": "phone", "number": "447700900000"},
        "answer_url": [f"{HOOK}bridge/{KEY}/"],
        "answer_method": "POST",
        "event_url": [f"{HOOK}status/{KEY}/"],
        "event_method": "POST",
        "ringing_timer": 30,
    }


def test_refused_keys_are_the_accounts_failure(outside):
    outside.answer({"title": "Unauthorized"}, 401)
    with pytest.raises(AccountFailure):
        vonage().check()


@pytest.mark.parametrize("host", ["evil.example", "api.nexmo.com.evil.example", "169.254.169.254"])
def test_recordings_are_fetched_from_vonage_alone(outside, host):
    outside.answer(b"mp3", content_type="audio/mpeg")
    vonage().fetch(RemoteFile("r", "audio/mpeg", url="https://api-us.nexmo.com/v1/files/r1"))
    assert outside.last.headers["Authorization"].startswith("Bearer ")
    with pytest.raises(PermanentFailure):
        vonage().fetch(RemoteFile("r", "audio/mpeg", url=f"https://{host}/v1/files/r1"))


def test_the_form_takes_application_and_flow():
    entered = {
        "application_id": APPLICATION,
        "api_key": "abcd1234",
        "signature_secret": SECRET,
        "private_key": private_key(),
        "sender": "07700 900000",
        "region": "GB",
        "language": "en",
    }
    form = VonageVoiceForm(entered)
    assert form.is_valid(), form.errors
    assert sorted(name for _title, _when, names in form.groups for name in names) == sorted(form.fields)
