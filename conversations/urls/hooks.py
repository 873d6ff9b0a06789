"""Addresses to which providers send."""

from django.urls import URLPattern, path

from conversations.views import shared_files, webhooks

urlpatterns: list[URLPattern] = [
    path("hooks/<str:token>/", webhooks.receive, name="hook"),
    # Some providers append the kind of an event to the address that they were given.
    path("hooks/<str:token>/<path:path>", webhooks.receive, name="hook_below"),
    # Providers that take no bytes fetch what we send.
    path("files/<str:signed>/", shared_files.show, name="shared_file"),
    path("files/<str:signed>/<str:name>", shared_files.show, name="shared_file_named"),
]
