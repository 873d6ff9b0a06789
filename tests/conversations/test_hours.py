"""Business hours and what a visitor may expect."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from channels_app.models import Channel
from conversations.hours import opening
from conversations.models import Conversation, Intake
from conversations.visits.promise import promise
from customers.models import Customer

OFFICE = {day: [["10:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in November 2026, where the 23rd is a Monday; Seoul is nine hours ahead."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (seoul(23, 10), True),
        (seoul(23, 9, 59), False),
        (seoul(23, 12), False),
        (seoul(23, 13), True),
        (seoul(23, 18), False),
    ],
)
def test_the_desk_is_open_within_its_hours(now, is_open):
    assert opening(OFFICE, now).is_open is is_open


@pytest.mark.parametrize(
    ("now", "opens_at"),
    [
        (seoul(23, 8), seoul(23, 10)),
        (seoul(23, 12, 30), seoul(23, 13)),
        (seoul(23, 20), seoul(24, 10)),
        (seoul(27, 18), seoul(30, 10)),
    ],
    ids=["this morning", "after lunch", "tomorrow", "after the weekend"],
)
def test_when_it_opens_next(now, opens_at):
    assert opening(OFFICE, now).opens_at == opens_at


def test_no_hours_are_always_open():
    assert opening({}, seoul(22, 3)).is_open
    assert opening({"mon": []}, seoul(22, 3)).is_open


def test_hours_may_reach_past_midnight():
    night = {"mon": [["20:00", "02:00"]]}
    assert opening(night, seoul(24, 1)).is_open
    assert not opening(night, seoul(24, 3)).is_open
    assert opening({"mon": [["00:00", "24:00"]]}, seoul(23, 23, 59)).is_open


@pytest.fixture
def shop(db) -> Channel:
    cache.clear()
    return Channel.objects.create(kind="webchat", name="Shop")


def answered_after(channel: Channel, minutes: float, count: int = 5) -> None:
    customer = Customer.objects.create()
    now = timezone.now()
    for _ in range(count):
        Conversation.objects.create(
            customer=customer,
            last_channel=channel,
            created_at=now - timedelta(hours=30),
            first_replied_at=now - timedelta(hours=30) + timedelta(minutes=minutes),
        )


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0.2, "Usually answers within a minute"),
        (5, "Usually answers within 5 minutes"),
        (61, "Usually answers within an hour"),
        (150, "Usually answers within 2 hours"),
    ],
)
def test_the_promise_is_what_really_happened_lately(shop, minutes, text):
    answered_after(shop, minutes)
    with translation.override("en"):
        assert promise(shop).text == text


def test_too_few_answers_promise_nothing(shop):
    answered_after(shop, 5, count=4)
    with translation.override("en"):
        assert promise(shop).text == "We are here"


def test_outside_the_hours_the_visitor_reads_when_somebody_is_back(shop, monkeypatch):
    Intake.objects.create(channel=shop, hours=OFFICE)
    monkeypatch.setattr(timezone, "now", lambda: seoul(23, 20))
    with translation.override("en"):
        said = promise(Channel.objects.get(pk=shop.pk))
    assert (said.is_open, said.text) == (False, "We are away now and back tomorrow at 10 a.m.")
