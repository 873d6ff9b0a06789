"""Each agent's language and time zone, for the length of a request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

# The list of signed-in devices is exact to this; noting every request would cost each a write.
NOTED_EVERY_SECONDS = 60


class PreferencesMiddleware:
    """Activate the signed-in agent's language and time zone; keep their pages out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        with timezone.override(ZoneInfo(request.user.time_zone)):
            return _kept_private(self.get_response(request))


def _kept_private(response: HttpResponse) -> HttpResponse:
    """A page of an agent is stored nowhere, and a fragment is never taken for the page at the same address."""
    response.headers.setdefault("Cache-Control", "no-store")
    patch_vary_headers(response, ["HX-Request"])
    return response


class SessionActivityMiddleware(UserSessionsMiddleware):
    """Note when a session was last used, now and then."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = f"session-noted-{request.session.session_key}"
        if request.user.is_authenticated and cache.add(key, True, NOTED_EVERY_SECONDS):
            return super().__call__(request)
        return self.get_response(request)
