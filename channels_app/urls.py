"""Addresses of the channels' settings."""

from django.urls import URLPattern, path

from channels_app.views import channels, consent

app_name = "channels"
urlpatterns: list[URLPattern] = [
    path("channels/", channels.index, name="list"),
    path("channels/new/<slug:kind>/", channels.create, name="create"),
    path("channels/consent/", consent.finish, name="consent"),
    path("channels/<int:pk>/", channels.show, name="show"),
    path("channels/<int:pk>/check/", channels.check, name="check"),
    path("channels/<int:pk>/test/", channels.test, name="test"),
    path("channels/<int:pk>/enabled/", channels.enabled, name="enabled"),
    path("channels/<int:pk>/consent/", consent.begin, name="consent_begin"),
]
