"""What the desk posts, and what it makes of the answers."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook

from channels_app.contract import (
    AccountFailure,
    Address,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    TemporaryFailure,
    UnknownOutcome,
    Window,
)
from conversations.actions import delivery as sending
from conversations.actions import replies
from conversations.models import Conversation, Delivery
from conversations.reach import routes_of
from tests.channels_app.generic.conftest import OTHER_SECRET, SECRET, URL, payload
from tests.channels_app.outside import connector, outbound

CAROL = Address("generic", "ext-user-7", is_local=True)


def system(**secrets):
    return connector("generic", secrets={"secret": SECRET, **secrets}, url=URL)


def posted(outside, secret=SECRET):
    """The body of the last request, once its signature was checked."""
    call = outside.last
    assert (call.method, call.url) == ("POST", URL)
    return Webhook(secret).verify(call.options["content"], dict(call.headers))


def test_a_message_carries_everything_the_receiver_needs(outside):
    outside.answer({"id": "ext-123"})
    file = OutboundFile("a.pdf", "application/pdf", 9, read=lambda: b"", share=lambda: "https://desk.example/f/1")
    message = outbound(
        CAROL,
        "**Hello**, see [here](https://x.example)",
        files=[file],
        author_name="Bob",
        thread_id="ext-conv-9",
        quoted_id="ext-msg-1",
        subject="Order",
        sequence=41,
        quick_replies=[QuickReply("yes", "Yes")],
    )
    receipt = system().send(message)
    assert receipt.external_id == "ext-123"
    said = posted(outside)
    assert said["type"] == "message.created"
    assert said["data"] == {
        "id": "d" * 32,
        "sequence": 41,
        "conversation": {"id": "ext-conv-9", "subject": "Order"},
        "contact": {"id": "ext-user-7"},
        "author": {"name": "Bob", "type": "agent"},
        "content": {
            "text": "Hello, see here (https://x.example)",
            "markdown": "**Hello**, see [here](https://x.example)",
            "attachments": [
                {"url": "https://desk.example/f/1", "filename": "a.pdf", "content_type": "application/pdf", "size": 9}
            ],
            "quick_replies": [{"id": "yes", "title": "Yes"}],
        },
        "reply_to": "ext-msg-1",
    }
    assert outside.last.headers["webhook-id"] == "d" * 32
    assert outside.last.options["seconds"] == 15


def test_a_receiver_that_names_no_id_gets_statuses_by_ours(outside):
    outside.answer(b"", status=204)
    assert system().send(outbound(CAROL)).external_id == "d" * 32


def test_a_machines_message_says_so(outside):
    outside.answer(b"ok")
    system().send(outbound(CAROL, is_automatic=True, is_public=True))
    data = posted(outside)["data"]
    assert (data["author"]["type"], data["is_public"]) == ("bot", True)


def test_another_secret_may_sign_what_goes_out(outside):
    outside.answer(b"")
    system(outgoing_secret=OTHER_SECRET).send(outbound(CAROL))
    assert posted(outside, OTHER_SECRET)


@pytest.mark.parametrize(
    ("status", "failure", "code"),
    [
        (302, TemporaryFailure, "302"),
        (400, PermanentFailure, "400"),
        (401, AccountFailure, "401"),
        (403, AccountFailure, "403"),
        (404, PermanentFailure, "404"),
        (408, TemporaryFailure, "408"),
        (410, AccountFailure, "410"),
        (422, PermanentFailure, "422"),
        (429, TemporaryFailure, "429"),
        (500, TemporaryFailure, "500"),
        (502, TemporaryFailure, "502"),
        (503, TemporaryFailure, "503"),
    ],
)
def test_what_is_not_2xx_is_a_failure(outside, status, failure, code):
    outside.answer(b"<html>", status=status)
    with pytest.raises(failure) as raised:
        system().send(outbound(CAROL))
    assert type(raised.value) is failure
    assert raised.value.code == code


def test_the_receiver_says_when_to_come_back_and_what_is_wrong(outside):
    outside.answer(b"", status=429, retry_after="17")
    with pytest.raises(TemporaryFailure) as raised:
        system().send(outbound(CAROL))
    assert raised.value.retry_after == 17
    outside.answer({"error": {"code": "closed", "message": "This account was closed"}}, status=422)
    with pytest.raises(PermanentFailure, match="This account was closed"):
        system().send(outbound(CAROL))


def test_without_an_address_nothing_is_posted(outside):
    with pytest.raises(PermanentFailure) as raised:
        connector("generic", secrets={"secret": SECRET}).send(outbound(CAROL))
    assert raised.value.code == "url"
    assert outside.calls == []


def test_reactions_typing_and_reading_are_told_where_they_are_wanted(outside):
    made = system()
    made.show_typing(CAROL, Window())
    made.mark_read(CAROL, Window(), last_id="ext-msg-1")
    assert outside.calls == []
    made.account.config |= {"sends_typing": True, "sends_read": True}
    for _time in range(4):
        outside.answer(b"")
    made.show_typing(CAROL, Window())
    assert posted(outside)["type"] == "typing.started"
    made.mark_read(CAROL, Window(), last_id="ext-msg-1")
    assert posted(outside)["data"] == {"message_id": "ext-msg-1", "contact": {"id": "ext-user-7"}}
    made.react(CAROL, "ext-msg-1", "👍")
    assert (posted(outside)["type"], posted(outside)["data"]["emoji"]) == ("reaction.added", "👍")
    made.react(CAROL, "ext-msg-1", "")
    assert posted(outside)["type"] == "reaction.removed"


def test_check_pings_the_address(outside):
    outside.answer(b"")
    system().check()
    assert posted(outside)["type"] == "ping"
    outside.answer(b"", status=404)
    with pytest.raises(PermanentFailure):
        system().check()


def test_each_ping_has_an_id_of_its_own(outside):
    for _time in range(2):
        outside.answer(b"")
        system().check()
    first, second = (call.headers["webhook-id"] for call in outside.calls)
    assert first != second


def test_an_address_is_the_systems_own_id():
    assert system().address_of(" user-9 ") == Address("generic", "user-9", is_local=True)
    for wrong in ("", " ", "x" * 201, "a\0b"):
        with pytest.raises(ValueError, match=r".*"):
            system().address_of(wrong)


def answer(by, text: str) -> Delivery:
    conversation = Conversation.objects.get()
    route = routes_of(conversation)[0]
    return replies.reply(conversation, by=by, text=text, route=route).deliveries.get()


@pytest.fixture
def sent(shop, bob) -> Delivery:
    """Bob has answered; nothing was posted yet."""
    shop.post(payload("message_created_bare"))
    return answer(bob, "Hello")


def test_a_failed_send_is_tried_again_soon_and_then_less_and_less(outside, sent):
    waits = []
    for _time in range(8):
        assert sent.state == Delivery.State.QUEUED
        with time_machine.travel(max(sent.not_before, timezone.now()), tick=False):
            outside.answer(b"", status=500)
            sending.deliver(sent.pk)
            sent.refresh_from_db()
            waits.append((sent.not_before - timezone.now()).total_seconds())
    assert waits[:7] == [5, 30, 120, 600, 3600, 18000, 43200]
    assert sent.state == Delivery.State.FAILED


def test_a_lost_answer_is_asked_for_again_under_the_same_id(outside, sent):
    outside.fail(UnknownOutcome("link"))
    sending.deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == Delivery.State.QUEUED
    Delivery.objects.update(not_before=sent.not_before - timedelta(hours=1))
    outside.answer({"id": "ext-9"})
    sending.deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, sent.external_id) == (Delivery.State.SENT, "ext-9")
    assert len({call.headers["webhook-id"] for call in outside.calls}) == 1


def test_an_address_that_is_gone_pauses_the_channel(outside, sent, own_system):
    outside.answer(b"", status=410)
    sending.deliver(sent.pk)
    own_system.refresh_from_db()
    assert own_system.state == own_system.State.PAUSED


def test_later_messages_carry_a_higher_sequence(outside, sent, bob):
    for delivery in (sent, answer(bob, "And more")):
        Delivery.objects.update(not_before="2026-01-01T00:00Z")
        outside.answer(b"")
        sending.deliver(delivery.pk)
    first, second = (json.loads(call.options["content"])["data"]["sequence"] for call in outside.calls)
    assert second > first > 0
