"""Addresses of the inbox, of what agents decide about conversations, and of search."""

from django.urls import URLPattern, path

from conversations.views import counts, inbox, rows

urlpatterns: list[URLPattern] = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.home),
    path("inbox/counts/", counts.show, name="counts"),
    path("inbox/<slug:view>/", inbox.show, name="inbox"),
    path("inbox/<slug:view>/rows/", rows.rows, name="rows"),
]
