"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest

from agents import look


def desk(request: HttpRequest) -> dict[str, object]:
    """The desk's name, whether this is the demo, the reader's look."""
    return {
        "desk_name": settings.DESK_NAME,
        "demo": settings.DEMO,
        "undo_seconds": settings.UNDO_SECONDS,
        "look": look.of(request),
    }
