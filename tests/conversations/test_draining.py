"""A provider that only knocks: what waits there is fetched by one process at a time, and no knock is lost."""

import threading

import pytest
from django.utils import timezone

from channels_app.contract import AccountFailure, TemporaryFailure
from channels_app.models import Channel
from conversations import polling, tasks
from conversations.models import Message, Summons
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db

KNOCK = {"is": "knock", "account": "k1"}


def waits(*rounds: list[str]) -> None:
    """What each drain finds."""
    Postcard.holds["drain"] = [[{"id": one, "from": "Carol", "text": one} for one in found] for found in rounds]


def test_knock_brings_what_waits_and_moves_the_cursor(tell, channel):
    waits(["m1", "m2"])
    tell(KNOCK)
    assert Summons.objects.get().hint == {"account": "k1"}
    polling.drain(channel.pk)
    assert [one.text for one in Message.objects.order_by("pk")] == ["m1", "m2"]
    channel.refresh_from_db()
    assert (channel.cursor, channel.lease_holder) == ({"read": "m2"}, "")
    assert not Summons.objects.exists()


def test_many_equal_knocks_are_answered_once(tell, channel):
    waits(["m1"])
    for _ in range(3):
        tell(KNOCK)
    polling.drain(channel.pk)
    assert Postcard.asked == [("drain", {"account": "k1"})]


def test_each_account_that_is_named_is_drained(tell, channel):
    waits(["m1"], ["m2"])
    tell(KNOCK, {**KNOCK, "account": "k2"})
    polling.drain(channel.pk)
    assert [hint["account"] for _drain, hint in Postcard.asked] == ["k1", "k2"]


def test_knock_while_draining_makes_it_run_once_more(tell, channel, monkeypatch):
    waits(["m1"], ["m2"])
    drain = Postcard.drain

    def slow(self, inlet, hint):
        if len(Postcard.asked) == 0:
            tell(KNOCK)
            polling.drain(channel.pk)  # what the second knock woke: it must leave the account to the first
            assert not Postcard.asked
        drain(self, inlet, hint)

    monkeypatch.setattr(Postcard, "drain", slow)
    tell(KNOCK)
    polling.drain(channel.pk)
    assert Message.objects.count() == 2


def test_lost_wake_up_is_caught_by_the_sweep(tell):
    waits(["m1"])
    tell(KNOCK)
    tasks.sweep_summonses()
    assert Message.objects.count() == 1


def test_failure_is_shown_and_tried_again_later(tell, channel):
    waits(["m1"])
    tell(KNOCK)
    Postcard.troubles[:] = [TemporaryFailure("busy"), TemporaryFailure("busy")]
    for attempts in (1, 2):
        polling.drain(channel.pk)
        row = Summons.objects.get()
        assert row.attempts == attempts
        assert row.due_at > timezone.now()
        Summons.objects.update(due_at=timezone.now())
    channel.refresh_from_db()
    assert (channel.state, channel.last_error) == ("failing", "busy")
    polling.drain(channel.pk)
    assert Message.objects.count() == 1


def test_what_cannot_be_fetched_for_long_is_given_up(tell, channel):
    tell(KNOCK)
    Summons.objects.update(attempts=polling.MOST_DRAINS)
    Postcard.troubles.append(TemporaryFailure("gone"))
    polling.drain(channel.pk)
    assert not Summons.objects.exists()


def test_refused_credentials_pause_the_channel_and_the_knock_waits(tell, channel):
    waits(["m1"])
    tell(KNOCK)
    Postcard.troubles.append(AccountFailure("wrong"))
    polling.drain(channel.pk)
    polling.drain(channel.pk)
    assert len(Postcard.asked) == 1
    Channel.objects.update(state="ok")
    tasks.sweep_summonses()
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_drain_one_account_one_after_the_other(tell, channel, monkeypatch):
    from django.db import connection

    inside, most = [], []
    waits(["m1"], ["m2"])
    drain = Postcard.drain

    def slow(self, inlet, hint):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.2)
        drain(self, inlet, hint)
        inside.pop()

    def work():
        polling.drain(channel.pk)
        connection.close()

    monkeypatch.setattr(Postcard, "drain", slow)
    tell(KNOCK, {**KNOCK, "account": "k2"})
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert max(most) == 1
    assert Message.objects.count() == 2
