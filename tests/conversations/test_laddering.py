"""A reply that stays unread follows by the next channel; a read or an answer on any of them ends the plan."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from channels_app.contract import DeliveryState, PermanentFailure
from channels_app.models import Channel
from conversations import reach
from conversations.actions import delivery, laddering, receipts, replies
from conversations.actions.laddering import Step
from conversations.models import Delivery, Event, Rung
from conversations.refusal import Refused
from customers.models import Identity
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(carol, support) -> Channel:
    """A second way to Carol."""
    made = Channel.objects.create(kind="counter", name="Counter")
    Identity.objects.create(customer=carol.customer, kind="street", account=made.account, value="counter 7")
    return made


@pytest.fixture
def sent(carol, ada, route, counter):
    """A reply that went out, with a plan: unread for 30 minutes, then over the counter."""
    first = route(carol)
    other = next(way for way in reach.routes(carol.customer) if way.channel == counter and way.identity.account)
    message = replies.reply(carol, by=ada, text="Your parcel is on its way", route=first)
    laddering.plan(message, [Step(other, 30)])
    delivery.deliver(message.deliveries.get().pk)
    return message


def later(minutes: int):
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


def states(message) -> list[str]:
    return list(message.rungs.values_list("state", flat=True))


def test_nothing_follows_before_its_time(sent):
    with later(29):
        assert laddering.climb_due() == 0
    assert states(sent) == ["waiting"]


def test_what_stays_unread_follows_by_the_next_channel(sent, counter):
    with later(31):
        assert laddering.climb_due() == 1
        assert laddering.climb_due() == 0
    followed = sent.deliveries.get(channel=counter)
    assert (followed.address, followed.state, states(sent)) == ("counter 7", "queued", ["sent"])
    assert sent.conversation.events.filter(kind=Event.Kind.SENT_ON, message=sent).exists()


def test_what_is_sent_on_names_nobodys_address_on_another_channel(sent, counter):
    with later(31):
        laddering.climb_due()
        delivery.deliver(sent.deliveries.get(channel=counter).pk)
    assert [one.value for one in Postcard.posted[-1].to] == ["counter 7"]


def test_a_read_ends_the_plan(sent):
    receipts.raise_state(sent.deliveries.get().pk, DeliveryState.READ)
    with later(31):
        laddering.climb_due()
    assert states(sent) == ["cancelled"]
    with translation.override("en"):
        assert sent.rungs.get().why == "The customer has read it"
    assert sent.deliveries.count() == 1


def test_an_answer_ends_the_plan(sent, post):
    post("Carol Street 1", "Thanks!")
    with later(31):
        laddering.climb_due()
    assert sent.rungs.get().reason == Rung.Reason.ANSWERED


def test_a_failure_lets_the_next_channel_follow_at_once(carol, ada, route, counter):
    other = next(way for way in reach.routes(carol.customer) if way.channel == counter and way.identity.account)
    message = replies.reply(carol, by=ada, text="Hello", route=route(carol))
    laddering.plan(message, [Step(other, 300)])
    Postcard.troubles.append(PermanentFailure("moved away"))
    delivery.deliver(message.deliveries.get().pk)
    assert laddering.climb_due() == 1
    assert set(message.deliveries.values_list("state", flat=True)) == {"failed", "queued"}


def test_a_copy_that_waits_is_not_sent_to_one_who_has_read_the_first(sent, counter):
    with later(31):
        laddering.climb_due()
    receipts.raise_state(sent.deliveries.exclude(channel=counter).get().pk, DeliveryState.READ)
    Postcard.posted.clear()
    with later(32):
        delivery.deliver(sent.deliveries.get(channel=counter).pk)
    assert sent.deliveries.get(channel=counter).state == Delivery.State.CANCELLED
    assert not Postcard.posted


def test_a_channel_that_cannot_be_used_is_passed_over_with_the_reason(sent, counter):
    Channel.objects.filter(pk=counter.pk).update(is_enabled=False)
    with later(31):
        laddering.climb_due()
    rung = sent.rungs.get()
    assert (rung.state, rung.reason) == (Rung.State.SKIPPED, "This channel is switched off.")
    with translation.override("ko"):
        assert rung.why == "꺼져 있는 채널이에요."


def test_what_was_taken_back_is_not_sent_on(carol, ada, route, counter):
    other = next(way for way in reach.routes(carol.customer) if way.channel == counter and way.identity.account)
    soon = timezone.now() + timedelta(minutes=5)
    message = replies.reply(carol, by=ada, text="Hello", route=route(carol), not_before=soon)
    laddering.plan(message, [Step(other, 1)])
    delivery.cancel(message, by=ada)
    with later(31):
        laddering.climb_due()
    assert message.rungs.get().reason == Rung.Reason.STOPPED


def test_what_is_still_to_be_sent_does_not_count_as_unread(carol, ada, route, counter):
    other = next(way for way in reach.routes(carol.customer) if way.channel == counter and way.identity.account)
    in_an_hour = timezone.now() + timedelta(hours=1)
    message = replies.reply(carol, by=ada, text="Hello", route=route(carol), not_before=in_an_hour)
    laddering.plan(message, [Step(other, 1)])
    with later(31):
        assert laddering.climb_due() == 0
    assert message.rungs.get().look_at > in_an_hour


def test_an_agent_takes_the_rest_back(sent, ada):
    laddering.stop(sent, by=ada)
    with later(31):
        assert laddering.climb_due() == 0
    assert states(sent) == ["cancelled"]


def test_while_it_waits_a_plan_of_many_steps_is_left_in_peace(sent, counter):
    """Each look is a new revision, upon which every screen asks again."""
    way = reach.routes(sent.conversation.customer)[0]
    Rung.objects.create(message=sent, number=2, channel=way.channel, identity=way.identity, after_minutes=30)
    with later(1):
        laddering.climb_due()
        sent.conversation.refresh_from_db()
        revision = sent.conversation.revision
        laddering.climb_due()
    sent.conversation.refresh_from_db()
    assert sent.conversation.revision == revision


def test_what_failed_once_and_went_on_since_is_left_in_peace(sent, counter):
    first = sent.deliveries.get()
    Rung.objects.create(
        message=sent,
        number=2,
        channel=first.channel,
        identity=first.identity,
        after_minutes=300,
        look_at=timezone.now(),
    )
    receipts.raise_state(first.pk, DeliveryState.FAILED)
    assert laddering.climb_due() == 1
    Delivery.objects.filter(message=sent, channel=counter).update(state="sent", sent_at=timezone.now())
    with later(1):
        laddering.climb_due()
        sent.conversation.refresh_from_db()
        revision = sent.conversation.revision
        laddering.climb_due()
    sent.conversation.refresh_from_db()
    assert sent.conversation.revision == revision


def test_the_one_that_is_overdue_for_longest_comes_first(sent, counter, monkeypatch):
    monkeypatch.setattr(laddering, "MOST_AT_ONCE", 1)
    rung = sent.rungs.get()
    older = Rung.objects.create(
        message=replies.reply(
            sent.conversation, by=sent.author, text="Later", route=reach.routes(rung.identity.customer)[0]
        ),
        number=1,
        channel=rung.channel,
        identity=rung.identity,
        after_minutes=0,
        look_at=timezone.now() - timedelta(hours=1),
    )
    Delivery.objects.filter(message=older.message).update(state="sent", sent_at=timezone.now() - timedelta(hours=1))
    with later(31):
        laddering.climb_due()
    assert (states(sent), states(older.message)) == (["waiting"], ["sent"])


def test_taking_back_what_was_sent_on_ends_the_plan(sent, counter, ada):
    first = sent.deliveries.get()
    Rung.objects.create(message=sent, number=2, channel=first.channel, identity=first.identity, after_minutes=1)
    with later(31):
        laddering.climb_due()
        delivery.cancel(sent, by=ada)
        assert laddering.climb_due() == 0
    assert states(sent) == ["sent", "cancelled"]


def test_what_failed_is_not_sent_again_to_one_who_has_read_it_elsewhere(sent, counter, ada):
    first = sent.deliveries.get()
    receipts.raise_state(first.pk, DeliveryState.FAILED)
    laddering.climb_due()
    delivery.deliver(sent.deliveries.get(channel=counter).pk)
    delivery.retry(first, by=ada)
    Delivery.objects.filter(pk=first.pk).update(state="failed")
    receipts.raise_state(sent.deliveries.get(channel=counter).pk, DeliveryState.READ)
    with pytest.raises(Refused) as refused:
        delivery.retry(first, by=ada)
    assert refused.value.code == "read"
