"""Who no longer wants to be written to is not: whether they said so, or the provider knew."""

import json

import pytest

from channels_app.models import Channel
from conversations.actions import delivery, inbound
from conversations.actions.replies import reply
from conversations.models import Delivery, Intake, Message
from conversations.reach import routes_of
from customers.models import Consent


@pytest.fixture
def sms(support) -> Channel:
    config = {"account_sid": "AC1", "sender": "+447700900000"}
    channel = Channel.objects.create(kind="twilio", name="SMS", secrets={"auth_token": "t"}, config=config)
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def wrote(sms):
    """Carol writes a short message."""

    def write(text, sid):
        body = f"MessageSid={sid}&From=%2B447700900001&Body={text}".encode()
        inbound.accept(sms, body, headers={})
        return Message.objects.get(external_id=sid).conversation

    return write


def the_way(conversation):
    (way,) = routes_of(conversation)
    return way


def test_a_word_of_refusal_closes_the_way_and_another_opens_it(wrote):
    conversation = wrote("Hello", "SM1")
    assert the_way(conversation).is_usable
    wrote("STOP", "SM2")
    assert not the_way(conversation).is_usable
    assert Message.objects.filter(text="STOP").exists()
    wrote("START", "SM3")
    assert the_way(conversation).is_usable


def test_a_refusal_that_only_the_provider_knew_of_closes_the_way(outside, wrote, bob):
    conversation = wrote("Hello", "SM1")
    reply(conversation, by=bob, text="Hi", route=the_way(conversation))
    outside.answer({"code": 21610, "message": "unsubscribed"}, 400)
    delivery.deliver(Delivery.objects.get().pk)
    assert Delivery.objects.get().state == Delivery.State.FAILED
    said = Consent.objects.get()
    assert (said.is_granted, said.source) == (False, "provider")
    assert not the_way(conversation).is_usable


def test_a_receipt_that_tells_of_a_refusal_closes_the_way(outside, wrote, sms, bob):
    conversation = wrote("Hello", "SM1")
    reply(conversation, by=bob, text="Hi", route=the_way(conversation))
    outside.answer({"sid": "SM2"}, 201)
    delivery.deliver(Delivery.objects.get().pk)
    inbound.accept(sms, b"MessageSid=SM2&MessageStatus=failed&ErrorCode=21610&To=%2B447700900001", headers={})
    assert Delivery.objects.get().code == "21610"
    assert not the_way(conversation).is_usable


def test_what_another_system_tells_of_a_refusal_is_obeyed(support):
    """It came in and was kept; whoever looks at the way must see it too."""
    other = Channel.objects.create(kind="generic", name="Shop")
    Intake.objects.create(channel=other, team=support)
    who = {"contact": {"id": "u-1"}}
    said = {"id": "m-1", "content": {"text": "Hello"}, **who}
    no = {"consent": {"granted": False, "purpose": "service", "words": "No more"}, **who}
    for number, (kind, data) in enumerate([("message.created", said), ("contact.updated", no)]):
        event = {"type": kind, "timestamp": "2026-11-21T10:00:00Z", "data": data}
        inbound.accept(other, json.dumps(event).encode(), headers={"webhook-id": f"e{number}"})
    (way,) = routes_of(Message.objects.get().conversation)
    assert way.obstacle.code == "consent"
