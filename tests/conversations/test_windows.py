"""When one may write: windows, turns and refusals, in the composer and once more at the moment of sending."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.contract import Address, ContactUpdate, Outside
from channels_app.models import Channel, Template
from conversations import tasks
from conversations.actions import delivery, knowing, replies
from conversations.models import Conversation, Delivery, Event, Intake, Message, ReplyWindow
from conversations.reach import Route, route, routes, routes_of
from conversations.refusal import Refused
from customers.models import Consent, Customer, Identity
from tests.postcard import Carrier, Pigeon, Postcard

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def slip(post, pigeons) -> Message:
    """Carol wrote by pigeon."""
    return post("Carol", "Coo", to=pigeons)


def way(message: Message) -> Route:
    return routes_of(message.conversation)[0]


def pass_time(much: timedelta) -> None:
    row = ReplyWindow.objects.get()
    ReplyWindow.objects.update(acted_at=row.acted_at - much)


def say(message: Message, by, text: str = "Here", **more) -> Delivery:
    return replies.reply(message.conversation, by=by, text=text, route=way(message), **more).deliveries.get()


def test_message_opens_the_window_for_as_long_as_a_person_may_answer(slip):
    window = way(slip).window
    assert window.is_open
    assert window.closes_at == slip.sent_at + timedelta(days=7)
    machine = route(slip.channel, slip.identity, is_automatic=True).window
    assert machine.closes_at == slip.sent_at + DAY


def test_channel_without_limits_keeps_no_window(carol, route):
    assert route(carol).window is None
    assert not ReplyWindow.objects.exists()


def test_closed_window_is_told_with_a_code_and_what_can_still_be_sent(slip):
    pass_time(8 * DAY)
    closed = way(slip)
    assert (closed.is_usable, closed.obstacle.code, closed.can_use_template) == (False, "window", True)
    assert closed.reason


def test_window_that_costs_after_its_end_is_no_obstacle(slip, monkeypatch):
    monkeypatch.setattr(Pigeon, "capabilities", replace(Pigeon.capabilities, outside_window=Outside.PAID))
    pass_time(8 * DAY)
    assert way(slip).is_usable
    assert way(slip).is_paid


def test_late_older_message_does_not_shorten_the_window(slip, post, pigeons):
    post("Carol", "I wrote this before", to=pigeons, sent_at=(slip.sent_at - DAY).isoformat())
    assert ReplyWindow.objects.get().acted_at == slip.sent_at


def test_message_that_opens_nothing_leaves_the_window_shut(post, pigeons):
    slip = post("Carol", "Coo", to=pigeons, opens_window=False)
    assert way(slip).obstacle.code == "window"


def test_reaction_opens_the_window_where_the_provider_says_so(slip, tell, pigeons):
    pass_time(8 * DAY)
    tell({"is": "reaction", "on": slip.external_id, "from": "Carol", "emoji": "👍"}, by=pigeons)
    assert not way(slip).is_usable
    tell({"is": "reaction", "on": slip.external_id, "from": "Carol", "emoji": "❤", "opens_window": True}, by=pigeons)
    assert way(slip).is_usable


def test_provider_ends_and_opens_the_window_in_any_order(slip, tell, pigeons):
    now = timezone.now()
    ended = {"is": "window", "from": "Carol", "is_open": False, "at": (now + 2 * HOUR).isoformat()}
    opened = {
        "is": "window",
        "from": "Carol",
        "at": (now + 3 * HOUR).isoformat(),
        "closes_at": (now + 4 * HOUR).isoformat(),
    }
    tell(ended, by=pigeons)
    assert way(slip).obstacle.code == "session"
    tell(opened, by=pigeons)
    assert way(slip).is_usable
    tell(ended, by=pigeons)
    assert way(slip).is_usable, "an end that was already overtaken ends nothing"


def test_turn_ends_after_so_many_sends_and_begins_with_the_customer(post, ada, db):
    office = Channel.objects.create(kind="carrier", name="Carriers")
    slip = post("Carol", "Coo", to=office)
    for left in (3, 2, 1):
        assert way(slip).window.sends_left == left
        delivery.deliver(say(slip, ada).pk)
    assert way(slip).obstacle.code == "turn"
    post("Carol", "Coo again", to=office)
    assert way(slip).window.sends_left == 3


def test_each_part_counts_as_a_send(post, ada, db):
    office = Channel.objects.create(kind="carrier", name="Carriers")
    slip = post("Carol", "Coo", to=office)
    delivery.deliver(say(slip, ada, text="It is on its way. It comes tomorrow.").pk)
    assert len(Postcard.posted) == 2
    assert way(slip).window.sends_left == Carrier.capabilities.sends_per_turn - 2


def test_reply_that_takes_more_than_the_turn_is_refused_rather_than_sent_by_half(post, ada, db):
    office = Channel.objects.create(kind="carrier", name="Carriers")
    slip = post("Carol", "Coo", to=office)
    long = "One first sentence. Two second ones. Three third ones. Four fourth ones."
    with pytest.raises(Refused, match="turn"):
        say(slip, ada, text=long)
    waiting = say(slip, ada, text=long.removesuffix(" Four fourth ones."))
    delivery.deliver(say(slip, ada).pk)
    delivery.deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.code, len(Postcard.posted)) == ("failed", "turn", 1)


def test_handles_come_back_to_the_provider_until_it_replaces_them(post, ada, pigeons):
    ends = (timezone.now() + HOUR).isoformat()
    over = (timezone.now() - HOUR).isoformat()
    slip = post("Carol", "Coo", to=pigeons, handles={"token": ends, "old": over, "lasting": ""})
    Postcard.holds["receipt"] = {"handles": {"lasting": ""}}
    delivery.deliver(say(slip, ada, text="It is on its way. It comes tomorrow.").pk)
    first, second = Postcard.posted
    assert first.window.handles == {"token": ends, "lasting": ""}
    assert second.window.handles == {"lasting": ""}, "what the first part has used up is not offered to the second"


def test_window_that_closed_while_the_answer_waited_is_not_written_into(slip, ada):
    waiting = say(slip, ada)
    pass_time(8 * DAY)
    delivery.deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.code, waiting.trouble) == ("failed", "window", "window")
    assert not Postcard.posted


def test_machine_is_bound_by_the_shorter_window(slip, ada):
    waiting = say(slip, ada, is_automatic=True)
    pass_time(2 * DAY)
    delivery.deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.code) == ("cancelled", "window"), (
        "nobody has to look after what a machine did not say"
    )
    assert Conversation.objects.get().undelivered == 0


def test_template_goes_out_after_the_end_and_carries_its_blanks(slip, ada, pigeons):
    Template.objects.create(channel=pigeons, name="hello", language="en", body="Hello {{name}}", parameters=["name"])
    pass_time(8 * DAY)
    with pytest.raises(Refused, match="route"):
        say(slip, ada)
    sent = say(slip, ada, text="Hello Carol", template={"name": "hello", "language": "en", "values": {"name": "Carol"}})
    delivery.deliver(sent.pk)
    [posted] = Postcard.posted
    assert (posted.template.template.name, posted.template.values) == ("hello", {"name": "Carol"})


def test_template_that_is_gone_fails_with_advice(slip, ada):
    sent = say(slip, ada, text="Hi", template={"name": "gone", "language": "en", "values": {}})
    delivery.deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, sent.code) == ("failed", "template")
    assert sent.advice


# ── Refusals ───────────────────────────────────────────────────────────────────────────────────────────────────────
STOP = {"is": "consent", "from": "Carol", "is_granted": False, "words": "STOP"}
START = {**STOP, "is_granted": True, "words": "START"}


def test_refusal_is_kept_with_its_words_and_shown_in_the_conversation(slip, tell, pigeons):
    tell(STOP, by=pigeons)
    said = Consent.objects.get()
    assert (said.is_granted, said.words, said.source, said.account) == (False, "STOP", "message", pigeons.account)
    assert Event.objects.get(kind="opted_out").data["words"] == "STOP"
    blocked = way(slip)
    assert (blocked.obstacle.code, blocked.can_use_template) == ("consent", False)


def test_word_of_consent_opens_the_way_again(slip, tell, pigeons):
    tell(STOP, by=pigeons)
    tell(START, by=pigeons)
    assert way(slip).is_usable
    assert Consent.objects.count() == 2, "what was said is never overwritten"


def test_same_request_understood_twice_notes_one_refusal(slip, tell, pigeons):
    envelope = tell(STOP, by=pigeons)
    tasks.open_envelope(envelope.pk)
    assert Consent.objects.count() == 1


def test_refusal_that_came_while_the_answer_waited_stops_it(slip, ada, tell, pigeons):
    waiting = say(slip, ada)
    tell(STOP, by=pigeons)
    delivery.deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.code) == ("failed", "consent")
    assert not Postcard.posted


def test_refusal_stops_templates_too(slip, ada, tell, pigeons):
    Template.objects.create(channel=pigeons, name="hello", language="en", body="Hello")
    waiting = say(slip, ada, template={"name": "hello", "language": "en", "values": {}})
    tell(STOP, by=pigeons)
    delivery.deliver(waiting.pk)
    assert not Postcard.posted


def test_refusal_holds_for_the_channel_where_it_was_said_or_for_all(slip, pigeons):
    Consent.objects.create(identity=slip.identity, account="another", is_granted=False, source="agent")
    assert way(slip).is_usable
    Consent.objects.create(identity=slip.identity, account="", is_granted=False, source="agent")
    assert not way(slip).is_usable
    Consent.objects.create(identity=slip.identity, account=pigeons.account, is_granted=True, source="agent")
    assert way(slip).is_usable


def test_refused_advertising_does_not_stop_an_answer(slip, tell, pigeons):
    tell({**STOP, "purpose": "marketing"}, by=pigeons)
    assert way(slip).is_usable


def test_greeting_is_not_sent_to_who_refuses(tell, pigeons, monkeypatch):
    monkeypatch.setattr(Pigeon, "capabilities", replace(Pigeon.capabilities, is_instant=False))
    Intake.objects.filter(channel=pigeons).update(greeting="Thank you")
    tell(STOP, by=pigeons)
    tell({"id": "s1", "from": "Carol", "text": "STOP"}, by=pigeons)
    assert not Delivery.objects.exists()


# ── What it costs ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_ways_cost_as_many_queries_for_ten_as_for_one(slip, pigeons, post):
    customer = slip.identity.customer_id

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert routes(Customer.objects.get(pk=customer))
        return len(asked)

    one = cost()
    for number in range(5):
        other = Channel.objects.create(kind="pigeon", name=f"Pigeons {number}")
        post("Carol", "Coo", to=other)
    Identity.objects.update(customer=customer)
    assert len(routes(Customer.objects.get(pk=customer))) == 6
    assert cost() == one


def test_ways_without_limits_ask_for_neither_windows_nor_refusals(carol):
    with CaptureQueriesContext(connection) as asked:
        routes(carol.customer)
    assert not [one for one in asked if "replywindow" in one["sql"] or "consent" in one["sql"]]


# ── What costs nothing ───────────────────────────────────────────────────────────────────────────────────────────────
def test_contact_that_tells_nothing_new_writes_nothing(carol, channel, django_assert_num_queries):
    identity = carol.messages.get().identity
    Identity.objects.filter(pk=identity.pk).update(name="Carol", is_verified=True)
    Customer.objects.filter(pk=carol.customer_id).update(name="Carol P.")
    proven = Identity.objects.create(customer=carol.customer, kind="phone", value="+8210", is_verified=True)
    update = ContactUpdate(Address("street", identity.value), name="Carol", proven=[Address("phone", "+8210")])
    with django_assert_num_queries(2):
        knowing.receive_contact(channel, update)
    proven.delete()
    knowing.receive_contact(channel, update)
    assert carol.customer.identities.filter(kind="phone").exists()


@pytest.mark.parametrize("news", [{"name": "Caroline"}, {"facts": {"tier": "gold"}}, {"is_blocked": True}])
def test_contact_that_tells_something_new_is_taken(carol, channel, news):
    identity = carol.messages.get().identity
    Identity.objects.filter(pk=identity.pk).update(name="Carol")
    Customer.objects.filter(pk=carol.customer_id).update(name="Carol")
    knowing.receive_contact(channel, ContactUpdate(Address("street", identity.value), **{"name": "Carol", **news}))
    identity.refresh_from_db()
    customer = Customer.objects.get(pk=carol.customer_id)
    told = (customer.name, customer.facts, identity.unreachable_reason)
    assert told != ("Carol", {}, "")
