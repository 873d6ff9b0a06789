"""The settings of servers that tests start as processes of their own: the real ones, on the database of the test."""

import os

from channels_app import connectors
from helpdesk.settings import *

connectors.REGISTRY["courier"] = "tests.courier.Courier"

if name := os.environ.get("TEST_DATABASE"):
    DATABASES["default"]["NAME"] = name
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", MEDIA_ROOT))
# The providers of simulated channels are this very desk, which may therefore call itself.
SIMULATOR = True
SIMULATOR_URL = PUBLIC_URL.replace("//localhost", "//127.0.0.1")
OUTGOING_ALLOWED_NETWORKS = [*OUTGOING_ALLOWED_NETWORKS, "127.0.0.0/8"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
ACCOUNT_RATE_LIMITS = False
