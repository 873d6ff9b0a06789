"""What is announced, and when: on commit, once, never for what was rolled back."""

import json

import pytest
from django.db import transaction

from conversations import live
from conversations.live import nudge, say
from conversations.live.bus import current_bus


@pytest.fixture
def sent():
    """What went over the bus since the test began: a list of payloads, each a list of nudges."""
    bus = current_bus()
    bus.sent.clear()
    return lambda: [json.loads(payload) for payload in bus.sent]


@pytest.mark.django_db(transaction=True)
class TestNudge:
    def test_waits_for_the_commit(self, sent):
        with transaction.atomic():
            nudge("conversation-1", revision=3)
            assert sent() == []
        assert sent() == [[{"topic": "conversation-1", "revision": 3}]]

    def test_outside_a_transaction_goes_at_once(self, sent):
        nudge("conversation-1")
        assert sent() == [[{"topic": "conversation-1"}]]

    def test_many_of_one_transaction_are_one_notification(self, sent):
        with transaction.atomic():
            for revision in range(3):
                nudge("conversation-1", revision=revision)
            nudge("inbox-all", conversation=1)
        assert len(sent()) == 1
        assert len(sent()[0]) == 4

    def test_the_same_twice_is_said_once(self, sent):
        with transaction.atomic():
            nudge("inbox-all", conversation=1)
            nudge("inbox-all", conversation=1)
        assert sent() == [[{"topic": "inbox-all", "conversation": 1}]]

    def test_a_rolled_back_change_is_not_announced_nor_remembered(self, sent):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            nudge("conversation-1")
            raise ZeroDivisionError
        assert sent() == []
        with transaction.atomic():
            nudge("conversation-2")
        assert sent() == [[{"topic": "conversation-2"}]]

    def test_a_savepoint_takes_only_its_own_nudges_along(self, sent):
        with transaction.atomic():
            nudge("conversation-1")
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                nudge("conversation-2")
                raise ZeroDivisionError
            nudge("conversation-3")
        assert sent() == [[{"topic": "conversation-1"}, {"topic": "conversation-3"}]]

    def test_a_first_nudge_in_a_lost_savepoint_does_not_swallow_later_ones(self, sent):
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                nudge("conversation-1")
                raise ZeroDivisionError
            nudge("conversation-1")
        assert sent() == [[{"topic": "conversation-1"}]]

    def test_a_broken_bus_does_not_break_the_change(self, settings, caplog):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        with transaction.atomic():
            nudge("conversation-1")
        assert "Error calling" in caplog.text


@pytest.mark.django_db
def test_ephemeral_messages_do_not_wait_for_a_commit(sent):
    with transaction.atomic():
        say("conversation-1", "typing", agent=3)
        assert sent() == [[{"topic": "conversation-1", "kind": "typing", "agent": 3}]]


def test_payloads_stay_below_what_postgresql_takes():
    nudges = [{"topic": f"conversation-{pk}", "revision": 10**6, "name": "이서연"} for pk in range(2000)]
    payloads = list(live._payloads(nudges))
    assert len(payloads) > 1
    assert all(len(payload.encode()) < 8000 for payload in payloads)
    assert [nudge for payload in payloads for nudge in json.loads(payload)] == nudges
