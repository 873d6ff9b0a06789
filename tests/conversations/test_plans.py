"""Delivery plans: written in settings, offered in the composer, taken back in the thread."""

import pytest
from django.urls import reverse

from channels_app.models import Channel
from conversations import reach
from conversations.models import Ladder, LadderStep, Message, Rung
from customers.models import Identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(carol) -> Channel:
    made = Channel.objects.create(kind="counter", name="Counter")
    Identity.objects.create(customer=carol.customer, kind="street", account=made.account, value="counter 7")
    return made


@pytest.fixture
def ladder(counter, support) -> Ladder:
    made = Ladder.objects.create(name="Then the counter", team=support, is_default=True)
    LadderStep.objects.create(ladder=made, number=1, channel=counter, after_minutes=45)
    return made


def entered(**changes):
    steps = {"steps-TOTAL_FORMS": 4, "steps-INITIAL_FORMS": 0, "steps-MIN_NUM_FORMS": 0, "steps-MAX_NUM_FORMS": 4}
    blank = {f"steps-{n}-channel": "" for n in range(4)} | {f"steps-{n}-after_minutes": 30 for n in range(4)}
    return {"name": "Plan", **steps, **blank, **changes}


def send(client, conversation, route, **more):
    return client.post(
        reverse("conversations:replies", args=[conversation.pk]),
        {"text": "Hello", "route": route.key, **more},
        headers={"HX-Request": "true"},
    )


def test_plan_is_written_with_its_steps_in_order(as_ada, channel, counter):
    answer = as_ada.post(
        reverse("conversations:ladders_create"),
        entered(**{"steps-0-channel": counter.pk, "steps-2-channel": channel.pk, "steps-2-after_minutes": 90}),
    )
    assert answer.status_code == 302
    steps = Ladder.objects.get().steps.values_list("number", "channel", "after_minutes")
    assert list(steps) == [(1, counter.pk, 30), (2, channel.pk, 90)]


def test_plan_without_a_channel_is_refused(as_ada, channel):
    answer = as_ada.post(reverse("conversations:ladders_create"), entered())
    assert answer.status_code == 422
    assert "Choose at least one channel." in answer.content.decode()
    assert not Ladder.objects.exists()


def test_steps_are_changed_and_taken_out(as_ada, ladder, channel):
    step = ladder.steps.get()
    changed = entered(
        **{"name": "Renamed", "steps-INITIAL_FORMS": 1, "steps-0-id": step.pk, "steps-1-channel": channel.pk}
    )
    as_ada.post(reverse("conversations:ladders_edit", args=[ladder.pk]), changed)
    assert list(ladder.steps.values_list("number", "channel")) == [(1, channel.pk)]


def test_only_one_plan_is_for_every_reply_of_a_team(as_ada, ladder, support, counter):
    twice = entered(**{"team": support.pk, "is_default": "on", "steps-0-channel": counter.pk})
    assert as_ada.post(reverse("conversations:ladders_create"), twice).status_code == 422
    assert Ladder.objects.count() == 1


def test_plans_of_another_team_are_neither_seen_nor_changed(as_bob, as_eve, ladder):
    assert ladder.name in as_bob.get(reverse("conversations:ladders_list")).content.decode()
    assert ladder.name not in as_eve.get(reverse("conversations:ladders_list")).content.decode()
    assert as_eve.get(reverse("conversations:ladders_edit", args=[ladder.pk])).status_code == 404
    assert as_eve.post(reverse("conversations:ladders_delete", args=[ladder.pk])).status_code == 404


def test_composer_offers_the_teams_plan_first(as_bob, carol, ladder):
    page = as_bob.get(reverse("conversations:plans", args=[carol.pk])).content.decode()
    assert f'data-default="ladder:{ladder.pk}"' in page
    assert "Then the counter (Counter)" in page


def test_nothing_is_offered_where_there_is_one_way_only(as_bob, carol):
    assert as_bob.get(reverse("conversations:plans", args=[carol.pk])).status_code == 204


def test_reply_with_a_plan_gets_its_rungs_once(as_bob, carol, ladder, route):
    cid = "3f2c7c9a-8f5e-4ad1-9a51-2c4b8a3b1d11"
    for _ in range(2):
        send(as_bob, carol, route(carol), plan=f"ladder:{ladder.pk}", client_id=cid)
    message = Message.objects.get(kind="outbound")
    assert [(rung.channel.name, rung.after_minutes) for rung in message.rungs.all()] == [("Counter", 45)]


def test_reply_with_one_way_of_its_own(as_bob, carol, counter, route):
    other = next(way for way in reach.routes_of(carol) if way.identity.account)
    page = send(as_bob, carol, route(carol), plan=f"route:{other.key}", plan_minutes=5).content.decode()
    assert Rung.objects.get().after_minutes == 5
    assert "If unread for 5 minutes, by Counter" in page


@pytest.mark.parametrize("plan", ["ladder:999", "ladder:x", "route:1:99999", "route:", "nonsense", "ladder:٣"])
def test_plan_that_is_none_sends_the_reply_alone(as_bob, carol, counter, route, plan):
    assert send(as_bob, carol, route(carol), plan=plan).status_code == 200
    assert not Rung.objects.exists()


def test_way_that_is_chosen_anyway_does_not_follow_itself(as_bob, carol, counter, route):
    first = route(carol)
    send(as_bob, carol, first, plan=f"route:{first.key}")
    assert not Rung.objects.exists()


def test_rest_of_a_plan_is_taken_back_by_those_who_see_it(as_bob, as_eve, carol, ladder, route):
    send(as_bob, carol, route(carol), plan=f"ladder:{ladder.pk}")
    message = Message.objects.get(kind="outbound")
    assert as_eve.post(reverse("conversations:plan", args=[message.pk])).status_code == 404
    assert as_bob.post(reverse("conversations:plan", args=[message.pk])).status_code == 204
    assert message.rungs.get().state == Rung.State.CANCELLED
