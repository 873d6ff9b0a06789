"""Addresses of the customers' pages."""

from django.urls import URLPattern, path

from conversations.views import profiles

urlpatterns: list[URLPattern] = [
    path("customers/", profiles.index, name="customers"),
    path("customers/<int:pk>/", profiles.show, name="customer"),
    path("customers/<int:pk>/timeline/", profiles.timeline, name="customer_timeline"),
    path("customers/<int:pk>/profile/", profiles.edit, name="customer_edit"),
    path("customers/<int:pk>/merge/", profiles.merge, name="customer_merge"),
    path("customers/<int:pk>/identities/<int:identity>/reveal/", profiles.reveal, name="customer_reveal"),
]
