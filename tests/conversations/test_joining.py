import json

import pytest

from conversations.actions import inbound, joining, undoing
from conversations.models import Conversation, Operation
from conversations.refusal import Refused
from customers.models import Customer, Identity, IdentityClaim

pytestmark = pytest.mark.django_db


def prove(channel, holder: str, proven: str) -> None:
    body = json.dumps([{"is": "contact", "from": holder, "proven": [proven.lower()]}]).encode()
    envelope = inbound.accept(channel, body, headers={})
    envelope.refresh_from_db()
    assert not envelope.error, envelope.error


def owner(value: str) -> Customer:
    return Identity.objects.get(value=value.lower()).customer


def test_proven_address_of_a_stranger_belongs_to_whom_proved_it(channel, carol):
    prove(channel, "Carol Street 1", "Carols Office 3")
    assert owner("Carols Office 3") == carol.customer
    assert Identity.objects.get(value="carols office 3").is_verified
    assert Customer.objects.count() == 1


def test_proof_joins_the_anonymous_visitor_to_the_customer_they_are(channel, carol, dave):
    prove(channel, "Dave Road 2", "Carol Street 1")
    dave.refresh_from_db()
    assert dave.customer == carol.customer == owner("Dave Road 2")


def test_two_customers_with_different_proofs_are_never_joined_by_themselves(channel, carol, dave):
    Identity.objects.filter(customer=dave.customer).update(is_verified=True)
    prove(channel, "Dave Road 2", "Carol Street 1")
    dave.refresh_from_db()
    assert dave.customer != carol.customer
    assert IdentityClaim.objects.get(customer=dave.customer).owner() == carol.customer


def test_accepted_claim_joins_and_undo_separates_exactly(post, carol, ada):
    visitor = post("Visitor 9", "It is me", claims=["Carol Street 1"]).conversation
    Customer.objects.filter(pk=visitor.customer_id).update(name="C.", place="Seoul")
    before = list(Identity.objects.order_by("pk").values_list("pk", "customer"))
    joining.accept_claim(IdentityClaim.objects.get(), by=ada)
    visitor.refresh_from_db()
    assert visitor.customer == carol.customer
    assert owner("Visitor 9") == carol.customer
    carol.customer.refresh_from_db()
    assert carol.customer.place == "Seoul"
    assert undoing.undo(Operation.objects.get(kind="merge_customers"), by=ada) == []
    assert list(Identity.objects.order_by("pk").values_list("pk", "customer")) == before
    visitor.refresh_from_db()
    assert visitor.customer != carol.customer
    assert not Customer.objects.exclude(merged_into=None).exists()
    assert Customer.objects.get(pk=carol.customer_id).place == ""


def test_accepted_claim_of_an_address_nobody_holds_adds_it(post, ada):
    visitor = post("Visitor 9", "Write to me there", claims=["Carols Office 3"]).conversation
    joining.accept_claim(IdentityClaim.objects.get(), by=ada)
    assert owner("Carols Office 3") == visitor.customer
    assert Conversation.objects.count() == 1


def test_claim_is_decided_once(post, carol, ada):
    post("Visitor 9", "It is me", claims=["Carol Street 1"])
    suggestion = IdentityClaim.objects.get()
    joining.dismiss_claim(suggestion, by=ada)
    with pytest.raises(Refused):
        joining.accept_claim(suggestion, by=ada)
    assert owner("Visitor 9") != carol.customer
