"""Addresses of the channels' settings."""

from django.urls import URLPattern

app_name = "channels"
urlpatterns: list[URLPattern] = []
