"""Addresses of an agent's own pages."""

from django.urls import path

from agents import views

app_name = "agents"
urlpatterns = [
    path("me/", views.preferences, name="preferences"),
    path("me/look/", views.look, name="look"),
    path("me/sessions/<int:pk>/", views.end_session, name="session"),
]
