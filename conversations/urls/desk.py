"""Addresses of what admins decide for the desk."""

from django.urls import URLPattern, path

from conversations.views import guide, intake

urlpatterns: list[URLPattern] = [
    path("settings/guide/", guide.show, name="guide"),
    path("channels/<int:pk>/intake/", intake.show, name="intake"),
]
