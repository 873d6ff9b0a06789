"""Which engine BROKER_URL names, and what surrounds every task."""

import dramatiq
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.django.middleware import DbConnectionsMiddleware

from helpdesk.broker import make_broker, waiting


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("", PostgresBroker),
        ("postgresql://localhost/x", PostgresBroker),
        ("redis://localhost", RedisBroker),
        ("amqp://localhost", RabbitmqBroker),
        ("stub://", StubBroker),
    ],
)
def test_the_address_names_the_engine(url, engine):
    broker = make_broker(url)
    assert type(broker) is engine
    kinds = [type(one) for one in broker.middleware]
    assert DbConnectionsMiddleware in kinds
    assert [one.max_retries for one in broker.middleware if isinstance(one, Retries)] == [5]
    assert not any(kind.__name__ == "Results" for kind in kinds)


def test_an_address_nobody_speaks_is_refused():
    with pytest.raises(ImproperlyConfigured, match="must start with postgres://, redis:// or amqp://"):
        make_broker("kafka://localhost")


def test_the_default_engine_uses_the_desks_own_database(transactional_db):
    broker = make_broker("")

    @dramatiq.actor(broker=broker)
    def nothing():
        """Never run."""

    before = waiting(broker)
    nothing.send()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dramatiq.queue WHERE message->>'actor_name' = 'nothing'")
        assert cursor.fetchone() == (1,)
        assert waiting(broker) == before + 1
        cursor.execute("DELETE FROM dramatiq.queue")
    broker.close()


def test_the_queue_connects_by_the_same_options_as_the_desk(db, settings, monkeypatch):
    options = {"application_name": "by-options", "pool": True}
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", options)
    broker = make_broker("")
    with broker.pool.connection(timeout=5) as link:
        assert link.execute("SHOW application_name").fetchone() == ("by-options",)
    broker.close()


def test_actors_of_every_app_are_known_to_every_process():
    known = dramatiq.get_broker().actors
    assert {"deliver", "sweep_deliveries", "sweep_envelopes", "wake_snoozed"} <= set(known)
    assert known["sweep_deliveries"].options["every_seconds"] <= 5
