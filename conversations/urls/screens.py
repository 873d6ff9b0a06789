"""Addresses of the agents' screens."""

from django.urls import URLPattern, path

from conversations.views import inbox

urlpatterns: list[URLPattern] = [
    path("", inbox.home, name="home"),
]
