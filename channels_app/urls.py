"""Addresses of the channels' settings."""

from django.urls import URLPattern, path

from channels_app.views import care, channels, consent

app_name = "channels"
urlpatterns: list[URLPattern] = [
    path("channels/", channels.index, name="list"),
    path("channels/new/<slug:kind>/", channels.create, name="create"),
    path("channels/consent/", consent.finish, name="consent"),
    path("channels/<int:pk>/", channels.show, name="show"),
    path("channels/<int:pk>/check/", care.check, name="check"),
    path("channels/<int:pk>/registration/", care.register, name="register"),
    path("channels/<int:pk>/setup/", care.setup, name="setup"),
    path("channels/<int:pk>/templates/", care.fetch_templates, name="templates"),
    path("channels/<int:pk>/old-secret/", care.forget_secret, name="forget_secret"),
    path("channels/<int:pk>/enabled/", channels.enabled, name="enabled"),
    path("channels/<int:pk>/consent/", consent.begin, name="consent_begin"),
]
