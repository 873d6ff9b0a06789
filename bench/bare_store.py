"""The least that one writes with Django to take web hooks: a view that stores the body. The floor of bench.webhooks."""

from __future__ import annotations

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt


class Body(models.Model):
    """What came in."""

    body = models.BinaryField()

    class Meta:
        app_label = "bench"
        db_table = "bare"
        managed = False

    def __str__(self) -> str:
        return str(self.pk)


@csrf_exempt
def store(request: HttpRequest, token: str) -> HttpResponse:
    """One INSERT, one empty answer."""
    Body.objects.create(body=request.body)
    return HttpResponse()


urlpatterns = [re_path("^hooks/([^/]+)/", store)]
