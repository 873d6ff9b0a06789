"""Calls by Twilio: scripts as its own library writes them, news of a call, calls placed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from channels_app.connectors.twilio_voice import TwilioVoiceForm
from channels_app.connectors.twilio_voice.twiml import Script
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

PAYLOADS = Path(__file__).parent / "payloads"
HOOK = "https://desk.example.com/hooks/hook-token/"
AC = "AC00000000000000000000000000000001"
KEY = "0123456789abcdef0123456789abcdef"
PATHS = {
    "incoming": "",
    "withheld": "",
    "menu_digit": "step/menu/en/0/",
    "menu_speech": "step/menu/en/0/",
    "rung_in_vain": "step/rung/en/0/",
    "accepted": "accept/en/",
    "completed": "status/",
    "hung_up": "status/",
    "recording": "recording/",
    "transcript": "transcript/",
    "agent_answered": f"status/{KEY}/",
    "customer_answered": f"leg/{KEY}/",
    "customer_busy": f"leg/{KEY}/",
}
FLOW = {"language": "en", "option_1": "Delivery", "option_2": "Returns", "option_2_goes": "callback"}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


def twilio(**config):
    secrets = {"auth_token": "t"}
    return stage.connector(
        "twilio_voice", secrets=secrets, account_sid=AC, sender="+447700900000", **{**FLOW, **config}
    )


def envelope(name, path=None):
    return stage.envelope((PAYLOADS / f"{name}.txt").read_bytes(), path=PATHS[name] if path is None else path)


def news(name, path=None):
    (update,) = twilio().parse(envelope(name, path))
    return update


def answer(name, path=None, desk=None, **config):
    said = twilio(**config).answer(envelope(name, path), desk or Desk())
    assert said["Content-Type"] == "text/xml"
    return ElementTree.fromstring(said.content)


def same(written, made):
    """Two scripts that say the same, whatever the order of attributes."""
    assert ElementTree.canonicalize(written.decode()) == ElementTree.canonicalize(str(made))


# ── Scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_question_is_written_as_twilios_library_does():
    ask = Ask("For <b> & more, press 1.", "ko", Step("menu", "ko", 1), hints=["배송", "반품"])
    made = VoiceResponse()
    gather = Gather(
        input="dtmf speech",
        num_digits=1,
        timeout=5,
        action=f"{HOOK}step/menu/ko/1/",
        method="POST",
        action_on_empty_result=True,
        language="ko-KR",
        hints="배송, 반품",
        speech_timeout="auto",
    )
    gather.say("For <b> & more, press 1.", language="ko-KR")
    made.append(gather)
    same(Script(HOOK).actions([ask]), made)


def test_holding_with_music_listens_for_keys_alone():
    ask = Ask("Wait", "en", Step("held", "en"), music="https://a/m.mp3", seconds=20)
    made = VoiceResponse()
    gather = Gather(
        input="dtmf",
        num_digits=1,
        timeout=5,
        action=f"{HOOK}step/held/en/0/",
        method="POST",
        action_on_empty_result=True,
        language="en-US",
    )
    gather.say("Wait", language="en-US")
    gather.play("https://a/m.mp3")
    made.append(gather)
    same(Script(HOOK).actions([ask]), made)


def test_agents_are_rung_and_recorded_as_twilios_library_does():
    made = VoiceResponse()
    dial = Dial(
        timeout=20,
        action=f"{HOOK}step/rung/en/2/",
        method="POST",
        answer_on_bridge=True,
        record="record-from-answer-dual",
        recording_status_callback=f"{HOOK}recording/",
        recording_status_callback_event="completed",
    )
    for number in ("+1", "+2"):
        dial.number(number, url=f"{HOOK}whisper/en/", method="POST")
    made.append(dial)
    same(Script(HOOK).actions([Ring(["+1", "+2"], Step("rung", "en", 2), "en", 20, records=True)]), made)


def test_a_message_is_taken_as_twilios_library_does():
    made = VoiceResponse()
    made.say("Speak", language="en-US")
    made.record(
        action=f"{HOOK}step/recorded/en/0/",
        method="POST",
        max_length=60,
        timeout=5,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=f"{HOOK}voicemail/",
        recording_status_callback_event="completed",
    )
    made.redirect(f"{HOOK}step/callback/en/0/", method="POST")
    made.hangup()
    actions = [Say("Speak", "en"), TakeMessage(Step("recorded", "en"), "en", 60), Go(Step("callback", "en")), HangUp()]
    same(Script(HOOK).actions(actions), made)


def test_the_bridge_is_written_as_twilios_library_does():
    made = VoiceResponse()
    made.say("Connecting you with the customer.", language="en-US")
    dial = Dial(caller_id="+1", timeout=30, answer_on_bridge=True)
    dial.number(
        "+2",
        status_callback=f"{HOOK}leg/{KEY}/",
        status_callback_method="POST",
        status_callback_event="answered completed",
    )
    made.append(dial)
    same(Script(HOOK).bridge(KEY, "+2", sender="+1", language="en", records=False), made)


# ── The door ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_step_is_signed():
    body, url = (PAYLOADS / "incoming.txt").read_bytes(), f"{HOOK}step/menu/en/0/"
    fields = dict(pair.split("=") for pair in body.decode().split("&"))
    fields = {name: value.replace("%2B", "+") for name, value in fields.items()}
    signature = RequestValidator("t").compute_signature(url, fields)
    form = "application/x-www-form-urlencoded"
    request = stage.hook(body, path="step/menu/en/0/", x_twilio_signature=signature, content_type=form)
    twilio().authenticate(request)
    with pytest.raises(Rejected):
        twilio().authenticate(stage.hook(body, path="step/menu/en/1/", x_twilio_signature=signature, content_type=form))


def test_an_incoming_call_hears_the_menu():
    said = answer("incoming")
    assert [child.tag for child in said] == ["Say", "Gather"]
    assert said.find("Gather").get("action") == f"{HOOK}step/menu/en/0/"


def test_a_key_leads_on():
    assert answer("menu_digit").find("Redirect").text == f"{HOOK}step/callback/en/0/"
    assert answer("menu_speech").find("Redirect") is not None


def test_free_agents_are_rung():
    said = answer("incoming", desk=Desk(free=["+447700900077"]), option_1="", option_2="")
    assert said.find("Dial/Number").text == "+447700900077"


def test_an_agent_presses_a_key_to_take_the_call():
    said = answer("incoming", path="whisper/en/")
    assert said.find("Gather").get("action") == f"{HOOK}accept/en/"
    assert said[-1].tag == "Hangup"
    assert list(answer("accepted")) == []
    assert answer("rung_in_vain", path="accept/en/")[0].tag == "Hangup"


def test_a_call_we_placed_is_bridged_to_its_customer():
    class Knows(Desk):
        def customer_number(self, key):
            return "+447700900001" if key == KEY else ""

    said = answer("agent_answered", path=f"bridge/{KEY}/", desk=Knows())
    assert said.find("Dial").get("callerId") == "+447700900000"
    assert said.find("Dial/Number").text == "+447700900001"
    assert answer("agent_answered", path="bridge/other/", desk=Knows())[0].tag == "Hangup"


@pytest.mark.parametrize("name", ["completed", "recording", "transcript"])
def test_mere_news_is_answered_with_nothing(name):
    assert list(answer(name)) == []


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_rings():
    update = news("incoming")
    assert (update.call_id, update.state, update.is_inbound) == ("CA1", CallState.RINGING, True)
    assert (update.address.value, update.address.name, update.address.is_verified) == ("+447700900001", "CAROL", True)


def test_whoever_hides_the_number_is_a_stranger_each_time():
    address = news("withheld").address
    assert (address.value, address.is_local) == ("anonymous:CA2", True)


def test_what_was_chosen_and_wished_is_told():
    assert news("menu_digit").chosen == "Returns"
    assert news("menu_digit", path="step/held/en/0/").wants_call_back is False
    assert news("menu_digit", path="step/callback/en/0/").wants_call_back is True


def test_an_agent_picked_up():
    update = news("accepted")
    assert (update.call_id, update.state, update.answered_by) == ("CA1", CallState.IN_PROGRESS, "+447700900077")


@pytest.mark.parametrize(
    ("name", "state", "duration", "code"),
    [("completed", CallState.COMPLETED, 93, ""), ("hung_up", CallState.MISSED, None, "no-answer")],
)
def test_a_call_ends(name, state, duration, code):
    update = news(name)
    assert (update.state, update.duration, update.code) == (state, duration, code)


def test_recordings_and_messages_are_files_to_be_fetched():
    update, message = news("recording"), news("recording", path="voicemail/")
    assert (update.recording.url[-8:], update.recording.seconds, update.recording.role) == (
        "/RE1.mp3",
        12,
        FileRole.RECORDING,
    )
    assert (update.is_voicemail, message.is_voicemail) == (False, True)
    assert news("transcript").transcript == "Please call me"


def test_a_call_we_placed_names_our_key():
    agent, customer, busy = news("agent_answered"), news("customer_answered"), news("customer_busy")
    assert (agent.call_id, agent.key, agent.is_inbound, agent.address) == ("CA5", KEY, False, None)
    assert agent.answered_by == "+447700900077"
    assert (customer.call_id, customer.state, customer.answered_by) == ("CA5", CallState.IN_PROGRESS, "+447700900001")
    assert (busy.state, busy.code) == (None, "busy")


def test_each_request_has_a_key_of_its_own():
    keys = [twilio().dedup_key(envelope(name)) for name in PATHS if name != "menu_speech"]
    assert len(set(keys)) == len(keys)


@given(st.binary(max_size=80), st.text(max_size=20))
def test_anything_is_survived(body, path):
    sent = stage.envelope(body, path=path)
    assert all(isinstance(item, CallUpdate) for item in twilio().parse(sent))
    twilio().dedup_key(sent)
    twilio().answer(sent, Desk())


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_call_is_placed_to_the_agent_first(outside):
    outside.answer({"sid": "CA5"}, 201)
    assert twilio().call(CallOrder(KEY, "+447700900077", "+447700900001")).external_id == "CA5"
    assert outside.last.url.endswith(f"/Accounts/{AC}/Calls.json")
    assert outside.last.form == {
        "To": "+447700900077",
        "From": "+447700900000",
        "Url": f"{HOOK}bridge/{KEY}/",
        "StatusCallback": f"{HOOK}status/{KEY}/",
        "StatusCallbackEvent": ["initiated", "answered", "completed"],
        "Timeout": "30",
    }


def test_refused_keys_are_the_accounts_failure(outside):
    outside.answer({"code": 20003}, 401)
    with pytest.raises(AccountFailure):
        twilio().call(CallOrder(KEY, "+1", "+2"))


def test_a_call_carries_no_text():
    with pytest.raises(PermanentFailure):
        twilio().send(stage.outbound(news("incoming").address))


def test_recordings_are_fetched_with_the_accounts_keys(outside):
    outside.answer(b"mp3", content_type="audio/mpeg")
    twilio().fetch(RemoteFile("r", "audio/mpeg", url="https://api.twilio.com/RE1.mp3"))
    assert "Authorization" in outside.last.headers


def test_our_addresses_are_entered_at_the_number(outside):
    outside.answer({"incoming_phone_numbers": [{"sid": "PN1"}]})
    outside.answer({})
    twilio().register()
    assert outside.last.form["VoiceUrl"] == HOOK
    assert outside.last.form["StatusCallback"] == f"{HOOK}status/"


def test_the_form_takes_number_and_flow():
    entered = {"account_sid": AC, "auth_token": "t", "sender": "07700 900000", "region": "GB", "language": "en"}
    form = TwilioVoiceForm(entered)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["sender"] == "+447700900000"
    grouped = [name for _title, _when, names in form.groups for name in names]
    assert sorted(grouped) == sorted(form.fields)
