"""Who may use the providers' simulated interfaces: the desk itself, where there is a simulator."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from channels_app.simulator import runtime, views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _simulated(settings):
    settings.SIMULATOR = True


@pytest.fixture
def token() -> str:
    return runtime.connect("line", "Line").token


def ask(token, **about):
    return views.api(RequestFactory().get("/", **about), token=token, path="api/v2/bot/info")


def test_the_desk_is_answered(token):
    assert ask(token).status_code < 500
    with pytest.raises(Http404):
        ask("another")


@pytest.mark.parametrize(
    "about",
    [
        {"REMOTE_ADDR": "203.0.113.5"},
        {"REMOTE_ADDR": ""},
        # A proxy on this machine hands on what somebody else asks.
        {"HTTP_X_FORWARDED_FOR": "203.0.113.5"},
        {"HTTP_FORWARDED": "for=203.0.113.5"},
        {"HTTP_X_REAL_IP": "203.0.113.5"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_nobody_else_is(token, about):
    with pytest.raises(PermissionDenied):
        ask(token, **about)


def test_where_there_is_no_simulator_there_is_no_interface(token, settings):
    settings.SIMULATOR = False
    with pytest.raises(Http404):
        ask(token)
