"""Addresses of what is decided for the whole desk."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from conversations.views import channel_health, guide, intake, ladders, saved_replies

urlpatterns: list[URLPattern] = [
    path("settings/", RedirectView.as_view(pattern_name="agents:preferences"), name="settings"),
    path("settings/guide/", guide.show, name="guide"),
    path("settings/replies/", saved_replies.index, name="replies_list"),
    path("settings/replies/new/", saved_replies.create, name="replies_create"),
    path("settings/replies/preview/", saved_replies.preview, name="replies_preview"),
    path("settings/replies/<int:pk>/", saved_replies.edit, name="replies_edit"),
    path("settings/replies/<int:pk>/deletion/", saved_replies.delete, name="replies_delete"),
    path("settings/plans/", ladders.index, name="ladders_list"),
    path("settings/plans/new/", ladders.create, name="ladders_create"),
    path("settings/plans/<int:pk>/", ladders.edit, name="ladders_edit"),
    path("settings/plans/<int:pk>/deletion/", ladders.delete, name="ladders_delete"),
    path("channels/<int:pk>/health/", channel_health.show, name="channel_health"),
    path("channels/<int:pk>/test/", channel_health.test, name="channel_test"),
    path("channels/<int:pk>/intake/", intake.show, name="intake"),
]
