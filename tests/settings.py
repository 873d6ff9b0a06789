"""The settings of the tests: the real ones, with a broker and a bus that stay inside the process."""

import os

os.environ.setdefault("BROKER_URL", "stub://")
os.environ.setdefault("REDIS_URL", "memory://")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ["DEMO"] = "0"

from helpdesk.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Servers in threads and processes must not keep connections that stop the test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Known to Django's test runner only once collection is over; the sockets ask earlier.
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
# whitenoise warns of a folder that is not there; nothing is collected for tests.
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
