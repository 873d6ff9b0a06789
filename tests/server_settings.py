"""The settings of servers that tests start as processes of their own: the real ones, on the database of the test."""

import os

from channels_app import connectors
from helpdesk.settings import *

connectors.REGISTRY["courier"] = "tests.courier.Courier"

if name := os.environ.get("TEST_DATABASE"):
    DATABASES["default"]["NAME"] = name
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", MEDIA_ROOT))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
ACCOUNT_RATE_LIMITS = False
