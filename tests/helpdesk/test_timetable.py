"""The timetable: one worker of all leads and sends each actor when it is due."""

import dramatiq
import psycopg
import pytest
from django.db import connection

from conversations.live.bus import _own_connection
from helpdesk.broker import make_broker
from helpdesk.timetable import LEADER_LOCK, Timetable
from tests.processes import eventually


@pytest.fixture
def broker():
    broker = make_broker("stub://")

    @dramatiq.actor(broker=broker, every_seconds=10)
    def often():
        """By the clock."""

    @dramatiq.actor(broker=broker)
    def on_demand():
        """Not by the clock."""

    return broker


@pytest.fixture
def timetable(broker, transactional_db):
    table = Timetable(broker)
    yield table
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def sent(broker):
    return [dramatiq.Message.decode(raw) for raw in broker.queues["default"].queue]


def test_sends_what_is_due_and_nothing_before(timetable, broker):
    timetable.tick(100.0)
    timetable.tick(105.0)
    assert [message.actor_name for message in sent(broker)] == ["often"]
    timetable.tick(110.0)
    assert [message.actor_name for message in sent(broker)] == ["often", "often"]


def test_a_run_that_waited_a_whole_period_is_dropped(timetable, broker):
    timetable.tick(100.0)
    assert sent(broker)[0].options["max_age"] == 10_000


def test_only_one_leads_and_the_next_takes_over_when_it_is_gone(timetable, broker):
    with psycopg.connect(**_own_connection(), autocommit=True) as leader:
        leader.execute(f"SELECT pg_advisory_lock({LEADER_LOCK})")
        timetable.tick(100.0)
        assert not timetable.is_leading
        assert sent(broker) == []
    # The server notices a moment later that the leader has gone.
    eventually(lambda: timetable.tick(101.0) or timetable.is_leading)
    assert len(sent(broker)) == 1
