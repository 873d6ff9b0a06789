"""What the views of the desk are handed."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from agents.models import User


class AgentRequest(HttpRequest):
    """A request of a signed-in agent; the middleware lets no other through to a view."""

    user: User
    htmx: HtmxDetails
