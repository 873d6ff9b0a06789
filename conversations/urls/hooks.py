"""Addresses to which providers send."""

from django.urls import URLPattern, path

from conversations.views import webhooks

urlpatterns: list[URLPattern] = [
    path("hooks/<str:token>/", webhooks.receive, name="hook"),
    # Some providers append the kind of an event to the address that they were given.
    path("hooks/<str:token>/<path:path>", webhooks.receive, name="hook_below"),
]
