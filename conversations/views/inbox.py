"""The list of conversations."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def home(request: HttpRequest) -> HttpResponse:
    """Where an agent lands."""
    return redirect("/inbox/mine/")
