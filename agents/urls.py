"""Addresses of an agent's own pages."""

from django.urls import URLPattern

app_name = "agents"
urlpatterns: list[URLPattern] = []
