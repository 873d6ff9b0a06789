"""Addresses to which providers send."""

from django.urls import URLPattern, path

from conversations.views import webhooks

urlpatterns: list[URLPattern] = [
    path("hooks/<str:token>/", webhooks.receive, name="hook"),
]
