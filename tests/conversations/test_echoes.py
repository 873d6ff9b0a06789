"""What we ourselves sent comes back: recognised where the desk sent it, kept where somebody else did."""

import pytest
from django.utils import timezone

from channels_app.contract import UnknownOutcome
from channels_app.models import Envelope
from conversations import tasks
from conversations.actions import delivery, replies
from conversations.models import Conversation, Delivery, DeliveryPart, Message
from conversations.reach import routes_of
from customers.models import Customer
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(post, pigeons, ada) -> Delivery:
    """Ada's answer to Carol, waiting to be sent."""
    slip = post("Carol", "Coo", to=pigeons)
    way = routes_of(slip.conversation)[0]
    return replies.reply(slip.conversation, by=ada, text="Hello", route=way).deliveries.get()


def echo(**more) -> dict:
    return {"id": "e1", "from": "Desk", "to": ["Carol"], "is_echo": True, "text": "Hello", **more}


def outgoing() -> int:
    return Message.objects.filter(kind="outbound").count()


def test_echo_of_our_own_send_is_known_by_its_id(sent, tell, pigeons):
    delivery.deliver(sent.pk)
    tell(echo(id=f"out-{sent.key.hex}"), by=pigeons)
    assert outgoing() == 1
    assert Delivery.objects.count() == 1


def test_echo_with_our_key_settles_a_send_in_doubt(sent, tell, pigeons):
    Postcard.troubles.append(UnknownOutcome("hung up"))
    delivery.deliver(sent.pk)
    tell(echo(echo_key=sent.key.hex), by=pigeons)
    sent.refresh_from_db()
    assert (sent.state, sent.external_id, outgoing()) == ("sent", "e1", 1)
    assert Conversation.objects.get().undelivered == 0


def test_echo_of_what_was_to_be_sent_once_more_stops_that(sent, tell, pigeons):
    tell(echo(echo_key=sent.key.hex), by=pigeons)
    delivery.deliver(sent.pk)
    assert not Postcard.posted


def test_echo_of_an_earlier_part_lets_the_send_go_on_behind_it(sent, tell, pigeons):
    Message.objects.filter(pk=sent.message_id).update(text="One first sentence. Two second ones.")
    tell(echo(echo_key=sent.key.hex), by=pigeons)
    sent.refresh_from_db()
    assert (sent.state, DeliveryPart.objects.get().external_id) == ("queued", "e1")
    delivery.deliver(sent.pk)
    assert [one.text for one in Postcard.posted] == ["Two second ones."]


def test_echo_of_what_another_tool_wrote_joins_the_customer_who_is_meant(sent, tell, pigeons):
    tell(echo(text="From the phone"), by=pigeons)
    message = Message.objects.get(external_id="e1")
    assert (message.kind, message.details["elsewhere"]) == ("outbound", True)
    assert message.identity.value == "carol"
    assert message.conversation == sent.message.conversation
    assert Customer.objects.count() == 1, "an id that holds in this account is looked for in this account"
    assert message.deliveries.get().state == "sent"


def test_echo_twice_is_one(sent, tell, pigeons):
    tell(echo(), by=pigeons)
    tell(echo(), by=pigeons)
    assert outgoing() == 2


def test_echo_without_a_key_waits_for_the_answer_to_a_send_under_way(sent, tell, pigeons, monkeypatch):
    send = Postcard.send

    def slow(self, message):
        tell(echo(id=f"out-{sent.key.hex}"), by=pigeons)
        return send(self, message)

    monkeypatch.setattr("tests.postcard.Pigeon.send", slow)
    delivery.deliver(sent.pk)
    early = Envelope.objects.latest("pk")
    assert (early.state, outgoing()) == ("received", 1)
    Envelope.objects.update(next_attempt_at=timezone.now())
    tasks.sweep_envelopes()
    early.refresh_from_db()
    assert (early.state, outgoing()) == ("processed", 1)


def test_what_a_machine_wrote_elsewhere_leaves_the_customer_waiting(post, tell, pigeons):
    conversation = post("Carol", "Coo", to=pigeons).conversation
    tell(echo(is_automatic=True), by=pigeons)
    conversation.refresh_from_db()
    assert conversation.waiting_since
    tell(echo(id="e2"), by=pigeons)
    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def test_receipt_of_what_was_written_elsewhere_finds_it_in_any_order(sent, tell, pigeons):
    tell({"is": "receipt", "state": "read", "external_id": "e1"}, by=pigeons)
    tell(echo(), by=pigeons)
    assert Delivery.objects.get(external_id="e1").state == "read"
