"""A bare Django on the desk's own database: no apps, no middleware."""

from helpdesk.settings import *  # noqa: F403

INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.bare_store"
