"""The least that a Django view can do with a web hook: put its body into a table. The floor of bench.webhooks."""

from __future__ import annotations

import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.bare_settings")


def store(request: HttpRequest, token: str) -> HttpResponse:
    """One INSERT, one empty answer."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare (token, body) VALUES (%s, %s)", [token, request.body])
    return HttpResponse()


urlpatterns = [re_path("^hooks/([^/]+)/", store)]
