"""Theme and density of a request: the agent's preference, before sign-in a cookie."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from agents.models import User

COOKIE = "look"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Look:
    """What the html element says of a reader's taste; blank follows the system."""

    theme: str = ""
    density: str = ""


def of(request: HttpRequest) -> Look:
    """The look for this reader."""
    user = getattr(request, "user", None)
    if isinstance(user, User):
        return _look(user.theme, user.density)
    theme, _, density = request.COOKIES.get(COOKIE, "").partition(".")
    return _look(theme, density)


def remember(response: HttpResponse, agent: User) -> HttpResponse:
    """Keep the agent's look and language in cookies, so that the sign-in page has them too."""
    flags = {"max_age": YEAR, "samesite": "Lax", "secure": settings.HTTPS, "httponly": True}
    response.set_cookie(COOKIE, f"{agent.theme}.{agent.density}", **flags)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, agent.language, **flags)
    return response


def _look(theme: str, density: str) -> Look:
    return Look(
        theme if theme in (User.Theme.LIGHT, User.Theme.DARK) else "",
        density if density == User.Density.COMPACT else "",
    )
