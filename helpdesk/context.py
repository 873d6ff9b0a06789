"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, object]:
    """The desk's name and whether this is the demo."""
    return {"desk_name": settings.DESK_NAME, "demo": settings.DEMO}
