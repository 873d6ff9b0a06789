"""{% dialogs %}: what opens over every page of an agent, and the sentences of the scripts."""

from django import template
from django.core.cache import cache
from django.http import HttpRequest
from django.template import loader
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from agents.models import User

register = template.Library()

KEPT_SECONDS = 60


@register.simple_tag(takes_context=True)
def dialogs(context: RequestContext) -> SafeString:
    """The palette, the pickers, the sheet of shortcuts…: the same on every page of an agent, so drawn rarely."""
    request: HttpRequest | None = context.get("request")
    agent = request.user if request else None
    if not isinstance(agent, User):
        return SafeString("")
    key = f"dialogs-{agent.pk}-{get_language()}"
    html = cache.get(key)
    if html is None:
        html = str(loader.render_to_string("inbox/_dialogs.html", {"email": agent.email}))
        cache.set(key, html, KEPT_SECONDS)
    return mark_safe(html)
