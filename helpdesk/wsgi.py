"""Pages on a WSGI server: the fast way to serve them; sockets are Daphne's (asgi.py)."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

application = get_wsgi_application()
# Load every view now: an error in one is to end the start, and the first visitor is not to wait for it.
assert get_resolver().url_patterns
