"""The buses themselves: PostgreSQL always, Redis where there is one."""

import asyncio
import os
import socket

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from conversations.live import bus

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


def redis_answers():
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", 6379)) == 0


@pytest.fixture(params=["", pytest.param(REDIS, marks=pytest.mark.services)])
def real_bus(request, settings, transactional_db):
    if request.param and not redis_answers():
        pytest.fail("no Redis") if os.environ.get("CI") else pytest.skip("no Redis on 127.0.0.1:6379")
    settings.REDIS_URL = request.param
    return bus.current_bus()


async def hear(chosen, payloads, send):
    """Listen, call `send` once ready, and return as many payloads as were asked for."""
    heard, loop = [], asyncio.get_running_loop()
    async for payload in chosen.listen(lambda: loop.run_in_executor(None, send)):
        heard.append(payload)
        if len(heard) == payloads:
            return heard


def test_what_is_sent_once_listening_is_heard_in_order(real_bus):
    def send():
        for number in range(3):
            bus._send(real_bus, f"[{number}]", [])

    assert asyncio.run(asyncio.wait_for(hear(real_bus, 3, send), 10)) == ["[0]", "[1]", "[2]"]


def test_probe_comes_round(real_bus):
    bus.probe()


def test_probe_tells_when_nothing_comes_round(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(bus.BusLost):
        bus.probe(seconds=2)


def test_a_cut_line_is_told_as_lost(settings, transactional_db):
    settings.REDIS_URL = ""

    def cut():
        with psycopg.connect(**{**bus._own_connection(), "application_name": "test"}, autocommit=True) as link:
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ieum-live' AND datname = %s"
            link.execute(sql, [connection.settings_dict["NAME"]])

    with pytest.raises(bus.BusLost):
        asyncio.run(asyncio.wait_for(hear(bus.current_bus(), 1, cut), 10))


def test_an_address_nobody_understands_is_refused_not_ignored(settings):
    settings.REDIS_URL = "http://127.0.0.1"
    with pytest.raises(ImproperlyConfigured, match="must start with redis://"):
        bus.current_bus()
