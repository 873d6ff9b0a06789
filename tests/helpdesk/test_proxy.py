"""Addresses behind a proxy: ours is believed, what a client claims is not."""

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory

from helpdesk.proxy import ProxyMiddleware


def address(**headers):
    middleware = ProxyMiddleware(lambda request: HttpResponse(request.META["REMOTE_ADDR"]))
    return middleware(RequestFactory().get("/", headers=headers)).content.decode()


def test_the_entry_of_our_own_proxy_counts(settings):
    settings.BEHIND_PROXY = True
    assert address(x_forwarded_for="6.6.6.6, 203.0.113.9") == "203.0.113.9"
    assert address() == "127.0.0.1"


def test_without_a_proxy_nobody_may_choose_an_address(settings):
    settings.BEHIND_PROXY = False
    with pytest.raises(MiddlewareNotUsed):
        ProxyMiddleware(lambda request: HttpResponse())
