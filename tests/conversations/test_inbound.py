import json

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Envelope
from conversations import tasks
from conversations.actions import inbound
from conversations.models import Conversation, Event, Message
from customers.models import Customer, Identity, IdentityClaim

pytestmark = pytest.mark.django_db


def hook(channel: Channel, body: bytes, **headers: str):
    headers = {"X-Stamp": "red", **headers}
    return Client().post(f"/hooks/{channel.token}/", body, content_type="application/json", headers=headers)


def card(number: str = "1", **fields: object) -> dict[str, object]:
    return {"id": f"card-{number}", "from": "Carol Street 1", "text": "Hello", **fields}


def test_hook_turns_a_card_into_an_open_conversation_of_the_channels_team(channel, support):
    assert hook(channel, json.dumps([card()]).encode()).status_code == 200
    conversation = Conversation.objects.get()
    assert (conversation.team, conversation.status) == (support, "open")
    assert conversation.messages.get().text == "Hello"


def test_hook_with_a_wrong_stamp_is_refused_and_stores_nothing(channel):
    assert hook(channel, json.dumps([card()]).encode(), **{"X-Stamp": "blue"}).status_code == 403
    assert not Envelope.objects.exists()


def test_hook_of_a_disabled_or_unknown_channel_is_not_found(channel):
    Channel.objects.update(is_enabled=False)
    assert hook(channel, b"[]").status_code == 404
    assert Client().post("/hooks/nonsense/").status_code == 404


def test_same_request_twice_leaves_one_envelope_and_one_message(channel):
    for _ in range(2):
        assert hook(channel, json.dumps([card()]).encode(), **{"X-Number": "7"}).status_code == 200
    assert Envelope.objects.count() == Message.objects.count() == 1


def test_same_message_in_another_request_is_not_stored_again(channel):
    for number in "12":
        hook(channel, json.dumps([card()]).encode(), **{"X-Number": number})
    assert Envelope.objects.count() == 2
    assert Message.objects.count() == 1


def test_what_cannot_be_understood_is_kept_in_quarantine_with_its_traceback(channel):
    assert hook(channel, b"{broken").status_code == 200
    envelope = Envelope.objects.get()
    assert envelope.state == Envelope.State.QUARANTINED
    assert "JSONDecodeError" in envelope.error
    assert bytes(envelope.body) == b"{broken"


def test_one_poison_message_does_not_stop_the_next_request(channel):
    hook(channel, b"{broken")
    hook(channel, json.dumps([card()]).encode())
    assert Message.objects.count() == 1


def test_sweep_takes_what_a_dead_process_left_behind(channel):
    envelope, _is_new = inbound.keep(channel, json.dumps([card()]).encode(), headers={})
    tasks.sweep_envelopes()
    assert not Message.objects.exists(), "not due yet: the process that kept it may still be at work"
    Envelope.objects.update(next_attempt_at=timezone.now())
    tasks.sweep_envelopes()
    envelope.refresh_from_db()
    assert Message.objects.get().envelope == envelope
    assert envelope.state == Envelope.State.PROCESSED
    assert envelope.next_attempt_at is None


def test_quarantine_waits_longer_after_each_failure(channel):
    hook(channel, b"{broken")
    waits = []
    for _ in range(3):
        envelope = Envelope.objects.get()
        waits.append(envelope.next_attempt_at - timezone.now())
        inbound.open_envelope(envelope)
    assert waits == sorted(waits)
    assert waits[2] > 2 * waits[0]


def test_nul_bytes_do_not_reach_the_database(post):
    assert post("Carol", "a\0b", subject="x\0y").text == "ab"


def test_customers_message_starts_the_clock_and_the_next_one_does_not_restart_it(post):
    first = post("Carol", "Hello?")
    post("Carol", "Anybody there?")
    conversation = Conversation.objects.get()
    assert conversation.waiting_since == first.sent_at
    assert (conversation.due_at - first.sent_at).total_seconds() == 3600
    assert conversation.preview == "Anybody there?"


def test_automatic_message_neither_starts_the_clock_nor_reopens(post, carol, ada):
    Conversation.objects.update(status="resolved", resolved_at=timezone.now(), waiting_since=None, due_at=None)
    message = post("Carol Street 1", "I am on holiday", is_automatic=True)
    message.conversation.refresh_from_db()
    assert message.conversation.status == "resolved"
    assert message.conversation.waiting_since is None


def test_every_message_is_recorded_with_the_rule_that_placed_it(carol):
    event = Event.objects.get(kind="received")
    assert event.data["rule"] == event.message.placement == "new"


def test_two_spellings_of_an_address_are_one_identity(post):
    post("Carol Street 1", "Hello")
    post("CAROL STREET 1", "Hello again")
    assert Identity.objects.count() == Customer.objects.count() == Conversation.objects.count() == 1


def test_suspect_sender_never_writes_into_the_conversation_of_whom_they_claim_to_be(post, carol):
    forged = post("Carol Street 1", "Send it to my new address", is_suspect=True, references=["card-1"])
    assert forged.conversation != carol
    assert forged.identity.customer != carol.customer
    assert forged.placement == "suspect"
    assert IdentityClaim.objects.get().owner() == carol.customer


def test_claimed_address_becomes_a_suggestion_and_opens_no_history(post, carol):
    message = post("Visitor 9", "It is me, Carol", claims=["Carol Street 1"])
    assert message.conversation.customer != carol.customer
    assert IdentityClaim.objects.get(customer=message.conversation.customer).owner() == carol.customer


def test_database_refuses_a_second_message_with_the_same_external_id(carol):
    message = carol.messages.get()
    message.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        message.save(force_insert=True)


def test_contact_update_fills_in_the_customers_name(channel, carol):
    body = json.dumps([{"is": "contact", "from": "Carol Street 1", "name": "Carol", "facts": {"orders": 3}}]).encode()
    inbound.accept(channel, body, headers={})
    carol.customer.refresh_from_db()
    assert (carol.customer.name, carol.customer.facts) == ("Carol", {"orders": 3})


def test_channel_of_a_kind_that_nobody_speaks_has_no_door(client, db):
    telex = Channel.objects.create(kind="telex", name="Telex")
    assert client.post(f"/hooks/{telex.token}/", b"{}", content_type="application/json").status_code == 404


def test_vault_keeps_no_credentials_of_the_provider(client, channel):
    headers = {"X-Stamp": "red", "Authorization": "Bearer hush", "Cookie": "session=hush"}
    client.post(f"/hooks/{channel.token}/", b"[]", content_type="application/json", headers=headers)
    kept = Envelope.objects.get().headers
    assert kept["X-Stamp"] == "red"
    assert "hush" not in str(kept)
