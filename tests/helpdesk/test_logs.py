"""Log lines: an event and ids, for a machine or for a person, and nothing that a customer wrote."""

import json
import logging
import sys

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from helpdesk.logs import JSONFormatter, LineFormatter, RequestIdMiddleware, request_id


def record(event="delivery.sent", error=None, **ids):
    made = logging.getLogger("conversations").makeRecord(
        "conversations", logging.INFO, "f", 1, event, (), error, extra=ids
    )
    return made


def test_a_line_is_one_json_object_with_event_and_ids():
    line = json.loads(JSONFormatter().format(record(delivery=5, channel=2)))
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "info", "logger": "conversations", "event": "delivery.sent", "delivery": 5, "channel": 2}


def test_a_traceback_stays_inside_the_line():
    try:
        raise ValueError("broken")
    except ValueError:
        line = JSONFormatter().format(record(error=sys.exc_info()))
    assert "\n" not in line
    assert "ValueError: broken" in json.loads(line)["traceback"]


def test_a_person_reads_event_and_pairs():
    assert LineFormatter().format(record(delivery=5)) == "info    delivery.sent delivery=5"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcdef12-34567890", True), ("short", False), ("x" * 65, False), ("evil\nline-injected", False)],
)
def test_an_id_from_a_proxy_is_kept_if_it_is_a_plain_word(given, kept):
    seen = []

    def view(request):
        seen.append(json.loads(JSONFormatter().format(record()))["request_id"])
        return HttpResponse()

    response = RequestIdMiddleware(view)(RequestFactory().get("/", headers={"x-request-id": given}))
    assert response["X-Request-ID"] == seen[0]
    assert (seen[0] == given) is kept
    assert request_id.get() == ""
