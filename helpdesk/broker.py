"""The Dramatiq broker: PostgreSQL by default, Redis or RabbitMQ by BROKER_URL. It only wakes workers; the truth is in tables.

An actor that must also run by the clock says so where it is declared: `@dramatiq.actor(every_seconds=5)`; the timetable
(timetable.py) of whichever worker leads sends it. Nothing keeps results.
"""

from typing import Any

import dramatiq
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Retries, ShutdownNotifications, TimeLimit
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.django.apps import DramatiqPostgresConfig, connection_kwargs
from dramatiq_postgres.django.middleware import DbConnectionsMiddleware

MINUTE = 60_000
# Options of a database that Django reads itself; the others are for the driver.
DJANGOS_OWN = {"pool", "assume_role", "isolation_level", "server_side_binding"}


class EverySeconds(Middleware):
    """Teaches actors the option `every_seconds`."""

    @property
    def actor_options(self) -> set[str]:
        return {"every_seconds"}


def middleware() -> list[Middleware]:
    """Return what surrounds every task: clean database connections, a time limit, few and spaced retries."""
    return [
        DbConnectionsMiddleware(),
        EverySeconds(),
        AgeLimit(),
        TimeLimit(time_limit=10 * MINUTE),
        ShutdownNotifications(),
        Callbacks(),
        # A task only calls an action that is due by a row; what keeps failing is found again by the sweep of that row.
        Retries(max_retries=5, min_backoff=2_000, max_backoff=5 * MINUTE),
    ]


def make_broker(url: str) -> dramatiq.Broker:
    """Return the broker that the URL names; raise ImproperlyConfigured for one we do not speak."""
    scheme = url.partition("://")[0]
    if scheme not in _MAKERS:
        raise ImproperlyConfigured(f"BROKER_URL must start with postgres://, redis:// or amqp://, not {scheme}://")
    return _MAKERS[scheme](url)


def _postgres(url: str) -> dramatiq.Broker:
    # Messages of a killed worker come back once its heartbeat is this old.
    return PostgresBroker(
        url=url or {**connection_kwargs(), **_options()},
        results=False,
        heartbeat_interval=5,
        heartbeat_ttl=20,
        maintenance_interval=10,
        middleware=middleware(),
    )


def _options() -> dict[str, str]:
    """What the address of the database says beside its name: how it is encrypted, a socket's folder."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    return {name: str(value) for name, value in options.items() if name not in DJANGOS_OWN}


def _redis(url: str) -> dramatiq.Broker:
    redis_broker = import_string("dramatiq.brokers.redis.RedisBroker")
    return redis_broker(url=url, heartbeat_timeout=20_000, maintenance_chance=10_000, middleware=middleware())


def _rabbitmq(url: str) -> dramatiq.Broker:
    try:
        rabbitmq_broker = import_string("dramatiq.brokers.rabbitmq.RabbitmqBroker")
    except ImportError as missing:
        raise ImproperlyConfigured("BROKER_URL names RabbitMQ: pip install -r requirements-production.txt") from missing
    return rabbitmq_broker(url=url, confirm_delivery=True, middleware=middleware())


def _stub(url: str) -> dramatiq.Broker:
    return StubBroker(middleware=middleware())


_MAKERS = {
    "": _postgres,
    "postgres": _postgres,
    "postgresql": _postgres,
    "redis": _redis,
    "rediss": _redis,
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
    "stub": _stub,
}


def waiting(broker: dramatiq.Broker) -> int:
    """Return how many tasks wait in all queues; raise the engine's own error when it cannot be reached."""
    if isinstance(broker, PostgresBroker):
        with broker.pool.connection(timeout=3) as link:
            return int(link.execute("SELECT count(*) FROM dramatiq.queue WHERE state = 'queued'").fetchone()[0])
    return sum(_waiting_in(broker, queue) for queue in broker.get_declared_queues())


def _waiting_in(broker: Any, queue: str) -> int:
    if isinstance(broker, StubBroker):
        return int(broker.queues[queue].qsize())
    if hasattr(broker, "do_qsize"):
        return int(broker.do_qsize(queue))
    return int(broker.get_queue_message_counts(queue)[0])


class QueueConfig(DramatiqPostgresConfig):
    """The queue's tables and admin pages, with our choice of broker in place before any app declares an actor."""

    def ready(self) -> None:
        self.broker = make_broker(settings.BROKER_URL)
        dramatiq.set_broker(self.broker)
