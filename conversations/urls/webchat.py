"""Addresses of the visitors' chat panel."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
