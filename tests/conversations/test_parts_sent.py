"""A reply that is more than one message of the provider's: what was handed over is never handed over again."""

import pytest
from django.utils import timezone

from channels_app.contract import PermanentFailure, TemporaryFailure, UnknownOutcome
from channels_app.models import Channel
from conversations.actions import delivery, replies
from conversations.models import Delivery, DeliveryPart, Message, Orphan
from conversations.reach import routes_of
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db

LONG = "One first sentence. Two second ones. Three third ones."
PIECES = ["One first sentence.", "Two second ones.", "Three third ones."]


def written(message: Message, by, **more) -> Delivery:
    way = routes_of(message.conversation)[0]
    return replies.reply(message.conversation, by=by, text=LONG, route=way, **more).deliveries.get()


@pytest.fixture
def waiting(post, pigeons, ada) -> Delivery:
    """Three parts by a channel that does not recognise repeats."""
    return written(post("Carol", "Coo", to=pigeons), ada)


@pytest.fixture
def safe(post, ada, db) -> Delivery:
    """Three parts by a channel that recognises repeats."""
    return written(post("Carol", "Coo", to=Channel.objects.create(kind="carrier", name="Carriers")), ada)


def deliver(one: Delivery) -> Delivery:
    Delivery.objects.update(not_before=timezone.now())
    delivery.deliver(one.pk)
    one.refresh_from_db()
    return one


def texts() -> list[str]:
    return [one.text for one in Postcard.posted]


def test_parts_go_one_after_the_other_and_the_last_names_the_delivery(waiting):
    deliver(waiting)
    assert texts() == PIECES
    key = waiting.key.hex
    assert [one.delivery_key for one in Postcard.posted] == [key, f"{key}-1", f"{key}-2"]
    assert list(DeliveryPart.objects.values_list("number", "external_id")) == [(0, f"out-{key}"), (1, f"out-{key}-1")]
    assert (waiting.state, waiting.external_id) == ("sent", f"out-{key}-2")


def test_failure_in_the_middle_goes_on_behind_what_was_accepted(waiting):
    Postcard.troubles[:] = [None, TemporaryFailure("busy")]
    assert deliver(waiting).state == "queued"
    assert texts() == PIECES[:1]
    assert deliver(waiting).state == "sent"
    assert texts() == PIECES


def test_doubt_in_the_middle_is_left_to_a_person_who_repeats_only_the_rest(waiting, ada):
    Postcard.troubles[:] = [None, UnknownOutcome("hung up")]
    assert deliver(waiting).state == "unknown"
    delivery.retry(waiting, by=ada)
    deliver(waiting)
    assert texts() == PIECES


def test_doubt_in_the_middle_is_repeated_where_the_provider_recognises_it(safe):
    Postcard.troubles[:] = [None, UnknownOutcome("hung up")]
    assert deliver(safe).state == "queued"
    assert deliver(safe).state == "sent"
    assert texts() == PIECES


def test_refusal_in_the_middle_fails_the_delivery(waiting):
    Postcard.troubles[:] = [None, PermanentFailure("no")]
    assert deliver(waiting).state == "failed"


def test_worker_that_lost_its_claim_between_two_parts_stops(waiting, monkeypatch):
    def send(self, message):
        Delivery.objects.update(state="unknown")
        Postcard.posted.append(message)
        return Postcard.send.__globals__["Receipt"](external_id="late")

    monkeypatch.setattr("tests.postcard.Pigeon.send", send)
    deliver(waiting)
    assert texts() == PIECES[:1]
    assert waiting.state == "unknown"
    assert DeliveryPart.objects.get().external_id == "late", "what went out is known all the same"


def test_hope_ends_where_the_provider_says_so(waiting):
    Postcard.troubles[:] = [TemporaryFailure("odd", most_tries=2), TemporaryFailure("odd", most_tries=2)]
    assert deliver(waiting).state == "queued"
    assert deliver(waiting).state == "failed"


# ── Receipts of parts ──────────────────────────────────────────────────────────────────────────────────────────────
def receipt(tell, pigeons, state: str, **more) -> None:
    tell({"is": "receipt", "state": state, **more}, by=pigeons)


def test_only_the_last_part_tells_that_it_was_read(waiting, tell, pigeons):
    deliver(waiting)
    first = DeliveryPart.objects.get(number=0).external_id
    receipt(tell, pigeons, "read", external_id=first)
    waiting.refresh_from_db()
    assert waiting.state == "sent"
    assert not Orphan.objects.exists()
    receipt(tell, pigeons, "read", external_id=waiting.external_id)
    waiting.refresh_from_db()
    assert waiting.state == "read"


def test_earlier_part_that_fails_fails_the_delivery(waiting, tell, pigeons):
    deliver(waiting)
    receipt(tell, pigeons, "failed", external_id=DeliveryPart.objects.get(number=1).external_id, trouble="recipient")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.trouble) == ("failed", "recipient")
    assert Delivery.objects.troubles(pigeons, waiting.created_at) == {"recipient": 1}


def test_repeating_a_failed_part_leaves_the_others_where_they_are(waiting, tell, pigeons, ada):
    deliver(waiting)
    last = waiting.external_id
    receipt(tell, pigeons, "failed", external_id=DeliveryPart.objects.get(number=1).external_id)
    delivery.retry(waiting, by=ada)
    deliver(waiting)
    assert texts() == [*PIECES, PIECES[1]]
    assert (waiting.state, waiting.external_id) == ("sent", last)
    receipt(tell, pigeons, "read", external_id=last)
    waiting.refresh_from_db()
    assert waiting.state == "read"


def test_receipt_of_a_part_may_overtake_the_answer_to_its_send(waiting, tell, pigeons):
    receipt(
        tell, pigeons, "failed", external_id=f"out-{waiting.key.hex}-1", code="131", trouble="window", detail="late"
    )
    deliver(waiting)
    assert (waiting.state, waiting.code, waiting.trouble, waiting.detail) == ("failed", "131", "window", "late")


def test_receipt_by_our_key_settles_what_was_in_doubt(waiting, tell, pigeons):
    Postcard.troubles[:] = [None, None, UnknownOutcome("hung up")]
    deliver(waiting)
    assert waiting.state == "unknown"
    receipt(tell, pigeons, "delivered", delivery_key=f"{waiting.key.hex}-1")
    waiting.refresh_from_db()
    assert waiting.state == "unknown", "that is not the last part"
    receipt(tell, pigeons, "delivered", delivery_key=f"{waiting.key.hex}-2", external_id="p3")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.external_id) == ("delivered", "p3")
    waiting.message.conversation.refresh_from_db()
    assert waiting.message.conversation.undelivered == 0


def test_receipt_by_key_that_overtakes_the_answer_leaves_the_id_to_it(post, ada, pigeons, tell, monkeypatch):
    way = routes_of(post("Carol", "Coo", to=pigeons).conversation)[0]
    one = replies.reply(Message.objects.get().conversation, by=ada, text="Hi", route=way).deliveries.get()
    send = Postcard.send

    def slow(self, message):
        receipt(tell, pigeons, "delivered", delivery_key=one.key.hex)
        return send(self, message)

    monkeypatch.setattr("tests.postcard.Pigeon.send", slow)
    deliver(one)
    assert (one.state, one.external_id) == ("delivered", f"out-{one.key.hex}")


def test_key_of_nobody_changes_nothing(waiting, tell, pigeons):
    for key in ("0" * 32, "rubbish", "", f"{waiting.key.hex}-x"):
        receipt(tell, pigeons, "read", delivery_key=key)
    waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_watermark_reaches_addresses_that_hold_in_the_account_alone(waiting, tell, pigeons):
    deliver(waiting)
    mark = timezone.now().isoformat()
    receipt(tell, pigeons, "read", watermark=mark, **{"from": "Dave"})
    waiting.refresh_from_db()
    assert waiting.state == "sent"
    receipt(tell, pigeons, "read", watermark=mark, **{"from": "Carol"})
    waiting.refresh_from_db()
    assert waiting.state == "read"
