"""Messages in pieces: nothing is shown before all are here, nothing waits for ever."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.utils import timezone

from channels_app.connectors.vonage_sms import signing
from channels_app.models import Channel, Envelope
from conversations.actions import fragments, inbound
from conversations.models import FragmentedMessage, Message

SECRETS = {"signature_secret": "s"}


@pytest.fixture
def sms(db) -> Channel:
    return Channel.objects.create(kind="vonage_sms", name="SMS", secrets=SECRETS, config={"sender": "+447700900000"})


@pytest.fixture
def piece(sms):
    """Let one piece come in: `piece(1, "Hel")`."""

    def come(number, text, *, total=3, ref="7", sender="447700900001", key=None):
        fields = {
            "msisdn": sender,
            "to": "447700900000",
            "messageId": key or f"{sender}-{ref}-{number}-{text}",
            "text": text,
            "type": "text",
            "concat": "true",
            "concat-ref": ref,
            "concat-total": str(total),
            "concat-part": str(number),
        }
        envelope = inbound.accept(sms, json.dumps(fields).encode(), headers={})
        envelope.refresh_from_db()
        assert envelope.state == Envelope.State.PROCESSED, envelope.error
        return envelope

    return come


def texts():
    return list(Message.objects.order_by("id").values_list("text", flat=True))


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_pieces_become_one_message_in_whatever_order_they_come(piece, order):
    words = {1: "Hel", 2: "lo wor", 3: "ld"}
    for number in order[:2]:
        piece(number, words[number])
    assert texts() == []
    last = piece(order[2], words[order[2]])
    message = Message.objects.get()
    assert message.text == "Hello world"
    assert message.external_id == "447700900001-7-1-Hel"
    assert message.envelope_id is not None
    assert last.pk in Envelope.objects.values_list("pk", flat=True)
    assert not FragmentedMessage.objects.exists()


def test_a_piece_that_comes_twice_changes_nothing(piece):
    piece(1, "a", total=2)
    piece(1, "a", total=2)
    assert texts() == []
    piece(2, "b", total=2)
    piece(2, "b", total=2)
    assert texts() == ["ab"]


def test_two_customers_use_the_same_reference(piece):
    piece(1, "a", total=2)
    piece(1, "x", total=2, sender="447700900002")
    piece(2, "y", total=2, sender="447700900002")
    piece(2, "b", total=2)
    assert texts() == ["xy", "ab"]


def test_a_reference_that_is_used_again_does_not_mix_two_messages(piece):
    piece(1, "old", total=2)
    piece(1, "new ", total=2, key="another")
    piece(2, "one", total=2)
    assert texts() == ["old", "new one"]
    assert Message.objects.get(text="old").notices == ["incomplete"]


def test_what_waits_too_long_is_shown_with_what_there_is(piece):
    piece(1, "begin")
    piece(3, "end")
    assert fragments.release_overdue() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert fragments.release_overdue() == 1
        assert fragments.release_overdue() == 0
    message = Message.objects.get()
    assert (message.text, message.notices) == ("beginend", ["incomplete"])


def test_a_whole_message_is_not_held_up(sms):
    fields = {"msisdn": "447700900001", "messageId": "1", "text": "hi", "type": "text"}
    inbound.accept(sms, json.dumps(fields).encode(), headers={})
    assert texts() == ["hi"]
    assert not FragmentedMessage.objects.exists()


def test_a_piece_comes_through_the_door(client, sms):
    now = str(int(timezone.now().timestamp()))
    fields = {"msisdn": "447700900001", "messageId": "1", "text": "hi", "type": "text", "timestamp": now}
    fields["sig"] = signing.signature(fields, "s", "sha256")
    form = "application/x-www-form-urlencoded"
    assert client.post(f"/hooks/{sms.token}/", urlencode(fields), content_type=form).status_code == 200
    assert (
        client.post(f"/hooks/{sms.token}/", urlencode({**fields, "text": "no"}), content_type=form).status_code == 403
    )
    assert client.get(f"/hooks/{sms.token}/", fields).status_code == 200
    assert texts() == ["hi"]
