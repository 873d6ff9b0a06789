"""Addresses of what admins decide for the desk."""

from django.urls import URLPattern, path

from conversations.views import intake

urlpatterns: list[URLPattern] = [
    path("channels/<int:pk>/intake/", intake.show, name="intake"),
]
