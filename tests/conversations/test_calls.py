"""Calls in their customers' conversations: through the real door, as Twilio would ring."""

from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import time_machine
from django.utils import timezone

from channels_app.connectors.twilio import signing
from channels_app.contract import CallState, CallUpdate
from channels_app.models import Channel
from conversations import live
from conversations.actions import calling, calls
from conversations.models import Attachment, Call, Conversation, Intake, Message
from conversations.refusal import Refused
from conversations.switchboard import Switchboard
from customers.actions import identify

TOKEN = "t"
CAROL = "+447700900001"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
def phone(support) -> Channel:
    config = {"account_sid": "AC1", "sender": "+447700900000", "language": "en"}
    channel = Channel.objects.create(kind="twilio_voice", name="Hotline", secrets={"auth_token": TOKEN}, config=config)
    Intake.objects.create(channel=channel, team=support, reply_within_minutes=60)
    return channel


@pytest.fixture
def bobs_phone(bob):
    bob.phone = "+447700900077"
    bob.save()
    return bob.phone


@pytest.fixture
def twilio(client, phone):
    """Twilio asks or tells something: `twilio("status/", CallStatus="completed")`; the script that it gets."""

    def ask(path="", **said):
        fields = {"CallSid": "CA1", "From": CAROL, "To": "+447700900000", "CallStatus": "in-progress", **said}
        url = f"https://desk.example.com/hooks/{phone.token}/{path}"
        signature = signing.signature(TOKEN, url, list(fields.items()))
        form = "application/x-www-form-urlencoded"
        answer = client.post(
            f"/hooks/{phone.token}/{path}",
            urlencode(fields),
            content_type=form,
            headers={"X-Twilio-Signature": signature},
        )
        assert answer.status_code == 200
        return ElementTree.fromstring(answer.content)

    return ask


@pytest.fixture
def nudged(monkeypatch):
    """The nudges that were published."""
    seen = []
    monkeypatch.setattr(live, "publish", seen.extend)
    return seen


def the_call() -> Call:
    return Call.objects.get()


def the_conversation() -> Conversation:
    return Conversation.objects.get()


def test_a_call_takes_its_place_in_the_customers_conversation(twilio, support):
    twilio()
    call, conversation = the_call(), the_conversation()
    assert (call.state, call.direction, call.number) == ("ringing", "inbound", CAROL)
    assert call.message.conversation == conversation
    assert conversation.team == support
    assert conversation.waiting_since == call.started_at
    assert conversation.due_at == call.started_at + timedelta(minutes=60)
    assert conversation.preview_of == "call"


def test_a_caller_who_wrote_before_goes_on_in_the_same_conversation(twilio, support):
    sms = Channel.objects.create(kind="twilio", name="SMS", config={"sender": "+447700900000"})
    identify("phone", CAROL)
    calls.receive_message(sms, calls.InboundMessage("SM1", identity_address()))
    twilio()
    assert [message.channel.name for message in the_conversation().messages.in_order()] == ["SMS", "Hotline"]


def identity_address():
    from channels_app.contract import Address

    return Address("phone", CAROL)


def test_repeated_requests_place_one_call_and_get_the_same_answer(twilio):
    first, again = twilio(), twilio()
    assert ElementTree.tostring(first) == ElementTree.tostring(again)
    assert Call.objects.count() == Message.objects.count() == 1


def test_an_agent_takes_the_call(twilio, bob, bobs_phone):
    said = twilio()
    assert said.find("Dial/Number").text == bobs_phone
    twilio("accept/en/", CallSid="CA9", ParentCallSid="CA1", To=bobs_phone, Digits="1")
    call, conversation = the_call(), the_conversation()
    assert (call.state, call.outcome, call.agent) == ("in_progress", "answered", bob)
    assert conversation.waiting_since is None
    assert conversation.assignee == bob
    twilio("status/", CallStatus="completed", CallDuration="93", SequenceNumber="3")
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("completed", "answered")
    assert call.ended_at >= call.answered_at


def test_a_call_that_nobody_took_leaves_the_conversation_waiting(twilio):
    twilio()
    twilio("status/", CallStatus="completed", CallDuration="12", SequenceNumber="3")
    call, conversation = the_call(), the_conversation()
    assert (call.state, call.outcome, call.duration) == ("missed", "nobody", 12)
    assert conversation.due_at is not None
    assert conversation.status == Conversation.Status.OPEN


def test_states_only_rise_whatever_the_order(twilio, bobs_phone):
    twilio()
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    twilio("accept/en/", CallSid="CA9", ParentCallSid="CA1", To=bobs_phone, Digits="1")
    assert (the_call().state, the_call().outcome) == ("completed", "answered")
    twilio("status/", CallStatus="ringing", SequenceNumber="1")
    assert the_call().state == "completed"


def test_a_message_on_the_machine_is_kept_with_its_call(twilio):
    twilio()
    recording = {"RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/RE1", "RecordingDuration": "7"}
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    twilio("voicemail/", RecordingStatus="completed", **recording)
    twilio("transcript/", TranscriptionText="Please call me")
    call, file = the_call(), Attachment.objects.get()
    assert (call.state, call.outcome, call.transcript) == ("missed", "voicemail", "Please call me")
    assert (file.message, file.role, file.seconds, file.remote_url) == (
        call.message,
        Attachment.Role.RECORDING,
        7,
        "https://api.twilio.com/RE1.mp3",
    )


@time_machine.travel("2026-11-23T00:30:00Z", tick=False)
def test_a_wish_to_be_called_back_has_its_time(twilio):
    twilio()
    twilio("step/held/en/0/", Digits="1")
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    call, conversation = the_call(), the_conversation()
    assert (call.outcome, call.state) == ("callback", "missed")
    assert call.callback_at == timezone.now() + calls.CALL_BACK_WITHIN
    assert conversation.due_at == call.callback_at
    assert call.is_owed


@time_machine.travel("2026-11-22T15:00:00Z", tick=False)
def test_outside_hours_a_call_back_is_due_when_the_desk_opens(twilio, phone):
    phone.intake.hours = {"mon": [["09:00", "18:00"]]}
    phone.intake.save()
    assert "Nobody is here" in twilio().findtext("Say[2]")
    twilio("step/callback/en/0/")
    opens = timezone.localtime().replace(hour=9)
    assert the_call().callback_at == opens + calls.CALL_BACK_WITHIN


def test_only_available_agents_of_the_team_are_rung(twilio, phone, bob, eve, bobs_phone, support):
    eve.phone = "+447700900088"
    eve.save()
    assert Switchboard(phone).phones("CA1") == [bobs_phone]
    bob.availability = "away"
    bob.save()
    assert Switchboard(phone).phones("CA1") == []


def test_whoever_knows_the_matter_is_rung_first_and_whoever_speaks_is_not(twilio, phone, ada, bob, bobs_phone):
    ada.phone = "+447700900066"
    ada.save()
    twilio()
    Conversation.objects.update(assignee=bob)
    assert Switchboard(phone).phones("CA1") == [bobs_phone, ada.phone]
    Call.objects.create(
        message=another_message(phone), channel=phone, direction="inbound", state="in_progress", agent=bob
    )
    assert Switchboard(phone).phones("CA1") == [ada.phone]


def another_message(phone) -> Message:
    conversation = Conversation.objects.create(customer=identify_dave().customer)
    return Message.objects.create(
        conversation=conversation, kind="inbound", channel=phone, identity=identify_dave(), external_id="CA7"
    )


def identify_dave():
    from customers.models import Customer, Identity

    known = Identity.objects.filter(value="+447700900002").first()
    return known or Identity.objects.create(
        kind="phone", value="+447700900002", customer=Customer.objects.create(name="Dave")
    )


def test_callers_are_counted_in_the_queue(twilio, phone):
    twilio()
    twilio(CallSid="CA2", From="+447700900002")
    board = Switchboard(phone)
    assert (board.position("CA1"), board.position("CA2")) == (1, 2)
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    assert board.position("CA2") == 1


@pytest.mark.django_db(transaction=True)
def test_agents_of_the_team_are_told_of_a_call_and_others_are_not(twilio, bob, eve, nudged):
    twilio()
    topics = {nudge["topic"] for nudge in nudged if "call" in nudge}
    assert f"inbox-agent-{bob.pk}" in topics
    assert f"inbox-agent-{eve.pk}" not in topics


# ── Calls that we place ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def conversation(twilio) -> Conversation:
    """Carol called, and nobody took it."""
    twilio()
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    return the_conversation()


def call_carol(conversation, by):
    return calling.call_customer(conversation, identity=None, number=CAROL, by=by)


def test_a_call_rings_the_agent_and_then_the_customer(outside, twilio, conversation, bob, bobs_phone):
    call = call_carol(conversation, bob)
    outside.answer({"sid": "CA5"}, 201)
    calling.place(call.pk)
    assert outside.last.form["To"] == bobs_phone
    said = twilio(f"bridge/{call.key.hex}/", CallSid="CA5", From="+447700900000", To=bobs_phone)
    assert said.find("Dial/Number").text == CAROL
    call.refresh_from_db()
    assert (call.state, call.external_id) == ("ringing", "CA5")
    twilio(f"leg/{call.key.hex}/", CallSid="CA6", ParentCallSid="CA5", To=CAROL, CallStatus="in-progress")
    call.refresh_from_db()
    assert (call.state, call.outcome, call.agent) == ("in_progress", "answered", bob)
    conversation.refresh_from_db()
    assert conversation.waiting_since is None
    direction = {"Direction": "outbound-api", "SequenceNumber": "3", "CallStatus": "completed"}
    twilio(f"status/{call.key.hex}/", CallSid="CA5", To=bobs_phone, **direction)
    call.refresh_from_db()
    assert call.state == "completed"


def test_a_customer_who_is_busy_is_not_reached(outside, twilio, conversation, bob, bobs_phone):
    call = call_carol(conversation, bob)
    outside.answer({"sid": "CA5"}, 201)
    calling.place(call.pk)
    twilio(f"leg/{call.key.hex}/", CallSid="CA6", ParentCallSid="CA5", To=CAROL, CallStatus="busy")
    direction = {"Direction": "outbound-api", "SequenceNumber": "3", "CallStatus": "completed"}
    twilio(f"status/{call.key.hex}/", CallSid="CA5", To=bobs_phone, **direction)
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("missed", "busy")
    conversation.refresh_from_db()
    assert conversation.waiting_since is not None


def test_reaching_the_customer_pays_the_debt_of_a_call_back(outside, twilio, bob, bobs_phone):
    twilio()
    twilio("step/held/en/0/", Digits="1")
    twilio("status/", CallStatus="completed", SequenceNumber="3")
    owed, conversation = the_call(), the_conversation()
    call = call_carol(conversation, bob)
    twilio(f"leg/{call.key.hex}/", CallSid="CA6", ParentCallSid="CA5", To=CAROL, CallStatus="in-progress")
    owed.refresh_from_db()
    assert owed.called_back_at is not None


def test_a_call_is_placed_once(outside, conversation, bob, bobs_phone):
    call = call_carol(conversation, bob)
    outside.answer({"sid": "CA5"}, 201)
    calling.place(call.pk)
    calling.place(call.pk)
    assert len(outside.calls) == 1


def test_a_refused_call_says_so_in_the_thread(outside, conversation, bob, bobs_phone):
    call = call_carol(conversation, bob)
    outside.answer({"code": 21211, "message": "no"}, 400)
    calling.place(call.pk)
    call.refresh_from_db()
    assert (call.state, call.outcome, call.code) == ("failed", "failed", "21211")
    assert call.details["advice"]


def test_whoever_has_no_telephone_or_is_speaking_cannot_call(conversation, ada, bob, bobs_phone):
    with pytest.raises(Refused):
        call_carol(conversation, ada)
    call_carol(conversation, bob)
    with pytest.raises(Refused):
        call_carol(conversation, bob)


def test_without_a_telephone_channel_nobody_can_call(conversation, phone, bob, bobs_phone):
    Channel.objects.filter(pk=phone.pk).update(is_enabled=False)
    with pytest.raises(Refused):
        call_carol(conversation, bob)


def test_what_nobody_placed_or_ended_is_ended(twilio, conversation, bob, bobs_phone):
    call = call_carol(conversation, bob)
    assert calling.fail_unplaced() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert calling.fail_unplaced() == 1
    call.refresh_from_db()
    assert call.state == "failed"
    twilio(CallSid="CA8")
    assert calls.end_forgotten() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        assert calls.end_forgotten() == 1
    assert Call.objects.get(external_id="CA8").state == "missed"


def test_what_was_said_on_the_machine_is_found_by_search(twilio, as_bob):
    twilio()
    address = f"/conversations/{the_conversation().pk}/"
    assert address not in as_bob.get("/search/?q=giraffe").content.decode()
    twilio("transcript/", TranscriptionText="My giraffe has not arrived")
    page = as_bob.get("/search/?q=giraffe").content.decode()
    assert address in page
    assert "<mark>giraffe</mark>" in page


def news(phone, call_id="CA1", **update):
    return calls.receive_call(phone, CallUpdate(call_id, **update))


def test_an_agent_who_was_rung_in_vain_does_not_end_the_customers_call(twilio, phone):
    twilio()
    news(phone, state=CallState.MISSED, is_inbound=False)
    assert the_call().state == "ringing"


def test_nobody_is_owed_a_call_whose_number_is_not_known(twilio, phone):
    twilio(From="anonymous")
    news(phone, wants_call_back=True)
    assert not the_call().is_owed


def test_the_agents_own_telephone_is_not_the_customer(twilio, conversation, phone, bob, bobs_phone):
    call = call_carol(conversation, bob)
    news(phone, "CA5", key=call.key.hex, is_inbound=False, answered_by=bobs_phone)
    call.refresh_from_db()
    conversation.refresh_from_db()
    assert (call.state, call.answered_at, call.external_id) == ("ringing", None, "CA5")
    assert conversation.waiting_since is not None
