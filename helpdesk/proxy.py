"""Who really asks when a reverse proxy stands in front: limits by address must not count all visitors as one."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse


class ProxyMiddleware:
    """With BEHIND_PROXY, believe the last entry of X-Forwarded-For: the one that our own proxy has added."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.BEHIND_PROXY:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _, _, client = request.headers.get("X-Forwarded-For", "").rpartition(",")
        if client.strip():
            request.META["REMOTE_ADDR"] = client.strip()
        return self.get_response(request)
