import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import TestCase
from django.utils import timezone

from channels_app.contract import (
    AccountFailure,
    DeliveryState,
    DeliveryUpdate,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)
from channels_app.models import Channel
from conversations import tasks
from conversations.actions import delivery, receipts, replies
from conversations.live.bus import current_bus
from conversations.models import Attachment, Conversation, Delivery, Event, Message, Summons
from conversations.refusal import Refused
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(carol, ada, route):
    """Ada's reply to Carol, waiting to be sent."""
    return replies.reply(carol, by=ada, text="On its way", route=route(carol))


def only() -> Delivery:
    return Delivery.objects.get()


def undelivered() -> int:
    return Conversation.objects.get().undelivered


def test_reply_is_sent_once_and_carries_the_thread(sent):
    for _ in range(2):
        delivery.deliver(only().pk)
    assert only().state == "sent"
    posted = Postcard.posted
    assert [one.text for one in posted] == ["On its way"]
    assert posted[0].recipient.value == "carol street 1"
    assert posted[0].references == ["card-1"]
    assert posted[0].in_reply_to == "card-1"
    assert posted[0].author_name == "Ada"


def test_later_reply_refers_to_the_earlier_one(sent, carol, ada, route):
    delivery.deliver(only().pk)
    replies.reply(carol, by=ada, text="It arrived", route=route(carol))
    tasks.sweep_deliveries()
    first, second = Delivery.objects.order_by("pk")
    assert Postcard.posted[1].references == ["card-1", first.external_id]
    assert second.state == "sent"


def test_only_one_of_two_workers_can_claim(sent):
    assert Delivery.objects.claim(only().pk) is not None
    assert Delivery.objects.claim(only().pk) is None


def test_nothing_is_sent_before_its_time(carol, ada, route):
    later = timezone.now() + timedelta(hours=1)
    replies.reply(carol, by=ada, text="Tomorrow", route=route(carol), not_before=later)
    tasks.sweep_deliveries()
    assert not Postcard.posted
    Delivery.objects.update(not_before=timezone.now())
    tasks.sweep_deliveries()
    assert len(Postcard.posted) == 1


def test_temporary_failure_waits_and_tries_again(sent):
    Postcard.troubles.append(TemporaryFailure("busy", retry_after=120))
    delivery.deliver(only().pk)
    waiting = only()
    assert (waiting.state, waiting.attempts, waiting.detail) == ("queued", 1, "busy")
    assert 100 < (waiting.not_before - timezone.now()).total_seconds() <= 120
    Delivery.objects.update(not_before=timezone.now())
    delivery.deliver(only().pk)
    assert (only().state, only().detail) == ("sent", "")


@pytest.mark.parametrize("seconds", [1e18, float("inf"), float("nan"), -5.0])
def test_wait_that_a_provider_makes_up_does_not_lose_the_reply(sent, seconds):
    Postcard.troubles.append(TemporaryFailure("busy", retry_after=seconds))
    delivery.deliver(only().pk)
    assert only().state == "queued"
    assert only().not_before <= timezone.now() + timedelta(days=1)


def test_temporary_failure_becomes_final_after_many_attempts(sent):
    Delivery.objects.update(attempts=delivery.MOST_ATTEMPTS - 1)
    Postcard.troubles.append(TemporaryFailure("still busy"))
    delivery.deliver(only().pk)
    assert only().state == "failed"
    assert undelivered() == 1


def test_permanent_failure_tells_the_agent_what_to_do_and_marks_the_address(sent):
    Postcard.troubles.append(
        PermanentFailure("no such street", code="404", advice="Ask for another", is_unreachable=True)
    )
    delivery.deliver(only().pk)
    failed = only()
    assert (failed.state, failed.code, failed.advice) == ("failed", "404", "Ask for another")
    assert failed.identity.unreachable_reason == "Ask for another"
    assert undelivered() == 1
    assert Event.objects.get(kind="send_failed").data["address"] == "carol street 1"


def test_unknown_outcome_is_left_to_a_person(sent):
    Postcard.troubles.append(UnknownOutcome("hung up"))
    delivery.deliver(only().pk)
    tasks.sweep_deliveries()
    assert only().state == "unknown"
    assert not Postcard.posted
    assert undelivered() == 1


def test_defect_of_a_connector_is_an_unknown_outcome_not_a_crash(sent):
    Postcard.troubles.append(ZeroDivisionError())
    delivery.deliver(only().pk)
    assert only().state == "unknown"


def test_unknown_outcome_is_sent_again_where_the_provider_recognises_repeats(post, ada, route):
    office = Channel.objects.create(kind="counter", name="Office")
    conversation = post("Dave Road 2", "Hello", to=office).conversation
    chosen = next(one for one in [route(conversation)] if one.channel == office)
    replies.reply(conversation, by=ada, text="Hi", route=chosen, not_before=timezone.now())
    Postcard.troubles.append(UnknownOutcome("hung up"))
    delivery.deliver(only().pk)
    assert only().state == "queued"


def test_worker_that_died_in_mid_send_leaves_an_unknown_outcome(sent):
    Delivery.objects.claim(only().pk)
    assert delivery.recover_abandoned() == 0
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert delivery.recover_abandoned() == 1
    assert only().state == "unknown"
    assert not Postcard.posted


def test_what_nobody_speaks_any_more_stops_nothing_else(sent, carol, ada, route, channel):
    """Its kind is gone, with the package that brought it, say: it waits, and the others are sent."""
    gone = Channel.objects.create(kind="gone", name="Gone")
    past = timezone.now() - timedelta(hours=1)
    other = replies.reply(carol, by=ada, text="By another way", route=route(carol))
    for state in ("queued", "sending"):
        lease = {"leased_until": past, "claim": uuid.uuid4()} if state == "sending" else {}
        Delivery.objects.create(message=other, channel=gone, address=state, state=state, not_before=past, **lease)
    Summons.objects.create(channel=gone)
    tasks.sweep_deliveries()
    assert set(Delivery.objects.filter(channel=channel).values_list("state", flat=True)) == {"sent"}
    assert set(Delivery.objects.filter(channel=gone).values_list("state", flat=True)) == {"queued", "sending"}
    assert not Summons.objects.due().exists()


def test_late_answer_of_a_worker_that_lost_its_claim_changes_nothing(sent):
    claimed = Delivery.objects.claim(only().pk)
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    delivery.recover_abandoned()
    delivery.settle(claimed, state=Delivery.State.SENT)
    assert only().state == "unknown"


def test_refused_credentials_pause_the_channel_and_lose_nothing(sent, channel):
    Postcard.troubles.append(AccountFailure("wrong password"))
    delivery.deliver(only().pk)
    channel.refresh_from_db()
    assert (channel.state, channel.last_error) == ("paused", "wrong password")
    assert only().state == "queued"


def test_paused_channel_is_left_alone_until_it_works_again(sent, carol, ada, route):
    Postcard.troubles.append(AccountFailure("wrong password"))
    delivery.deliver(only().pk)
    for _ in range(3):
        tasks.sweep_deliveries()
    assert (only().attempts, only().trouble) == (0, "auth"), "a try that could not succeed does not count"
    assert not Postcard.posted
    Channel.objects.update(state=Channel.State.OK)
    tasks.sweep_deliveries()
    assert (only().state, only().trouble) == ("sent", "")


def test_admins_are_told_of_a_paused_channel_at_once_and_agents_are_not(sent, ada, as_ada, as_bob):
    bus = current_bus()
    bus.sent.clear()
    Postcard.troubles[:] = [AccountFailure("wrong password")]
    assert "Postcards" not in as_ada.get("/inbox/notices/").content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        delivery.deliver(only().pk)
    said = [one for payload in bus.sent for one in json.loads(payload)]
    assert {"topic": f"inbox-agent-{ada.pk}", "notice": Channel.objects.get().pk} in said
    assert "Postcards" in as_ada.get("/inbox/notices/").content.decode()
    assert "Postcards" not in as_bob.get("/inbox/notices/").content.decode()


def test_cancelled_reply_is_never_sent(sent, ada):
    assert delivery.cancel(sent, by=ada) == 1
    tasks.sweep_deliveries()
    assert not Postcard.posted
    with pytest.raises(Refused, match="sent"):
        delivery.cancel(sent, by=ada)


def test_reply_can_wait_to_see_whether_the_customer_answers(carol, ada, route, post):
    replies.reply(carol, by=ada, text="Are you there?", route=route(carol), cancel_if_answered=True)
    post("Carol Street 1", "Yes")
    tasks.sweep_deliveries()
    assert only().state == "cancelled"
    assert not Postcard.posted


def test_agent_sends_a_failed_one_again(sent, ada):
    Postcard.troubles.append(PermanentFailure("no"))
    delivery.deliver(only().pk)
    delivery.retry(only(), by=ada)
    assert undelivered() == 0
    tasks.sweep_deliveries()
    assert only().state == "sent"
    with pytest.raises(Refused):
        delivery.retry(only(), by=ada)


def test_agent_sets_aside_what_was_dealt_with(sent, ada):
    Postcard.troubles.append(PermanentFailure("no"))
    delivery.deliver(only().pk)
    for _ in range(2):
        delivery.set_aside(only(), by=ada)
    assert undelivered() == 0
    assert not only().needs_attention


def test_files_go_out_with_the_reply_and_only_the_agents_own(carol, ada, bob, route):
    mine = Attachment.objects.create(
        name="label.pdf", content_type="application/pdf", size=3, uploaded_by=ada, file=SimpleUploadedFile("x", b"pdf")
    )
    theirs = Attachment.objects.create(name="secret.pdf", content_type="application/pdf", uploaded_by=bob)
    with pytest.raises(Refused):
        replies.reply(carol, by=ada, text="", route=route(carol), files=[mine.key, theirs.key])
    assert not Message.objects.filter(kind="outbound").exists()
    replies.reply(carol, by=ada, text="", route=route(carol), files=[mine.key])
    tasks.sweep_deliveries()
    assert [(one.name, one.read()) for one in Postcard.posted[0].files] == [("label.pdf", b"pdf")]


# ── Receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def receipt(channel, state: str, **fields: object) -> None:
    receipts.receive_receipt(channel, DeliveryUpdate(DeliveryState(state), **fields))


def test_rank_only_rises(sent, channel):
    delivery.deliver(only().pk)
    for state, after in [("read", "read"), ("delivered", "read"), ("sent", "read"), ("failed", "read")]:
        receipt(channel, state, external_id=only().external_id)
        assert only().state == after


def test_failure_reported_later_replaces_sent(sent, channel):
    delivery.deliver(only().pk)
    receipt(channel, "failed", external_id=only().external_id, detail="moved away", is_unreachable=True)
    assert (only().state, only().detail, undelivered()) == ("failed", "moved away", 1)
    assert only().identity.unreachable_reason == "moved away"


def test_receipt_that_settles_a_doubt_clears_the_attention(sent, channel):
    Postcard.troubles.append(UnknownOutcome("hung up"))
    delivery.deliver(only().pk)
    Delivery.objects.update(external_id="out-x")
    receipt(channel, "delivered", external_id="out-x")
    assert (only().state, undelivered()) == ("delivered", 0)


def test_receipt_that_overtakes_the_answer_to_its_send_is_joined(sent, channel):
    receipt(channel, "delivered", external_id=f"out-{only().key.hex}")
    assert only().state == "queued"
    delivery.deliver(only().pk)
    assert only().state == "delivered"


def test_watermark_marks_everything_sent_before_it(sent, carol, ada, route, channel):
    delivery.deliver(only().pk)
    mark = timezone.now()
    replies.reply(carol, by=ada, text="One more", route=route(carol))
    tasks.sweep_deliveries()
    receipt(channel, "read", address=Postcard.posted[0].recipient, watermark=mark)
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["read", "sent"]


def test_receipt_raises_the_revision_so_that_threads_pull_it(sent, channel, carol):
    delivery.deliver(only().pk)
    carol.refresh_from_db()
    before = carol.revision
    receipt(channel, "read", external_id=only().external_id)
    assert Message.objects.get(pk=sent.pk).revision == before + 1


# ── What the database forbids ────────────────────────────────────────────────────────────────────────────────────────
def test_note_can_never_get_a_delivery(carol, ada, channel):
    note = replies.note(carol, by=ada, text="Between us")
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(message=note, channel=channel, address="carol street 1")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_reply_cannot_turn_into_a_note_once_it_has_a_delivery(sent):
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=sent.pk).update(kind="note", channel=None, identity=None)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
