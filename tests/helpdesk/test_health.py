"""What probes learn: whether the process lives, whether its engines answer, how far the work is behind."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone

from channels_app.models import Envelope


@pytest.fixture
def on_postgres(settings, transactional_db):
    """The bus that a desk without Redis has; a nudge has to be committed to come round."""
    settings.REDIS_URL = ""


def test_health_needs_no_host_session_or_database(client):
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert not answer.cookies


def test_ready_when_database_broker_and_bus_answer(client, on_postgres):
    answer = client.get("/readyz", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    report = answer.json()
    assert report.pop("lag")["deliveries"] == 0
    assert report == {"ready": True, "database": "ok", "broker": "ok", "bus": "ok"}


def test_unready_when_the_bus_does_not_come_round(client, settings, transactional_db):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["ready"], answer.json()["bus"], answer.json()["database"]) == (False, "failed", "ok")


def test_lag_is_told_but_does_not_take_the_process_away(client, on_postgres, channel):
    hour_ago = timezone.now() - timedelta(hours=1)
    Envelope.objects.create(channel=channel, dedup_key="x", body=b"x", received_at=hour_ago, next_attempt_at=hour_ago)
    type(channel).objects.filter(pk=channel.pk).update(last_checked_at=hour_ago, state="failing")
    answer = client.get("/readyz")
    lag = answer.json()["lag"]
    assert answer.status_code == 200
    assert lag["envelopes"] == 1
    assert lag["envelopes_seconds"] == pytest.approx(3600, abs=60)
    assert lag["mailboxes_seconds"] == pytest.approx(3600, abs=60)
    assert lag["mailboxes_failing"] == 1


def test_probes_tell_strangers_no_names(client, on_postgres, channel):
    assert channel.name not in client.get("/readyz").text


def test_every_answer_of_a_page_carries_a_request_id(client, db):
    first, second = (Client().get("/accounts/login/").headers["X-Request-ID"] for _ in range(2))
    assert len(first) == 16
    assert first != second


def test_the_system_check_proves_the_bus(settings, transactional_db):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [error.id for error in run_checks(tags=["database"], databases=["default"])] == ["helpdesk.E001"]
    settings.REDIS_URL = ""
    assert run_checks(tags=["database"], databases=["default"]) == []
