"""Whom an agent may call, and what two clicks at once come to."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from agents.models import User
from channels_app.contract import CallState, CallUpdate
from channels_app.models import Channel
from conversations.actions import calling, calls
from conversations.models import Call, Conversation
from conversations.refusal import Refused
from customers import consent
from customers.models import Identity

pytestmark = pytest.mark.django_db
CAROL = "+447700900001"


@pytest.fixture
def hotline(support) -> Channel:
    config = {"account_sid": "AC1", "sender": "+447700900000"}
    return Channel.objects.create(kind="twilio_voice", name="Hotline", config=config, secrets={"auth_token": "t"})


@pytest.fixture
def number(carol, hotline) -> Identity:
    """Carol's own telephone."""
    return Identity.objects.create(customer=carol.customer, kind="phone", value=CAROL)


@pytest.fixture
def caller(bob) -> User:
    User.objects.filter(pk=bob.pk).update(phone="+447700900077")
    bob.refresh_from_db()
    return bob


def call(carol: Conversation, number: Identity, caller: User) -> Call:
    return calling.call_customer(carol, identity=number, number=number.value, by=caller)


def refuse(number: Identity, account: str = "", *, is_granted: bool = False) -> None:
    at, said = timezone.now(), {"purpose": "service", "source": "agent", "words": ""}
    consent.note(number, account=account, is_granted=is_granted, at=at, **said)


def test_whoever_wants_no_word_from_us_is_not_called(carol, number, caller):
    refuse(number)
    with pytest.raises(Refused) as refused:
        call(carol, number, caller)
    assert refused.value.code == "consent"
    assert not Call.objects.exists()


def test_a_refusal_on_another_channel_forbids_no_call(carol, number, caller, channel):
    refuse(number, channel.account)
    assert call(carol, number, caller).number == CAROL


def test_whoever_has_allowed_it_again_is_called(carol, number, caller):
    refuse(number)
    refuse(number, is_granted=True)
    assert call(carol, number, caller).number == CAROL


def test_whoever_asks_to_be_called_back_is_called_whatever_they_said_before(carol, number, caller, post, hotline):
    refuse(number)
    wish = post("Carol Street 1", "Call me after all")
    owed = {"direction": "inbound", "state": "requested", "callback_at": timezone.now()}
    Call.objects.create(message=wish, channel=hotline, number=CAROL, **owed)
    assert call(carol, number, caller).number == CAROL


def test_a_call_of_which_news_came_meanwhile_is_not_ended_from_memory(carol, number, caller, monkeypatch):
    old = call(carol, number, caller)
    Call.objects.update(started_at=timezone.now() - timedelta(hours=5), external_id="CA1", state="in_progress")
    remembered = Call.objects.select_related("message").get(pk=old.pk)
    news = CallUpdate("CA1", state=CallState.COMPLETED, is_inbound=False, key=old.key.hex, code="busy")
    calls.receive_call(old.channel, news)
    assert calls._end_silently(remembered) is False
    old.refresh_from_db()
    assert (old.state, old.code, old.outcome) == ("missed", "busy", "busy")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_call(carol, number, caller):
    """The second waits for the first, which has not committed yet."""
    results: list[object] = []

    def click() -> None:
        try:
            results.append(call(carol, number, caller))
        except Refused as refused:
            results.append(refused.code)
        finally:
            connections.close_all()

    both = [threading.Thread(target=click) for _ in range(2)]
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM conversations_conversation WHERE id = %s FOR UPDATE", [carol.pk])
        for one in both:
            one.start()
        threading.Event().wait(0.5)  # both stand before the conversation
        cursor.execute("COMMIT")
    for one in both:
        one.join(10)
    assert len(results) == 2
    assert "busy" in results
    assert Call.objects.count() == 1
