"""Which app answers which address."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("conversations.urls")),
    path("accounts/", include("allauth.urls")),
    path("agents/", include("agents.urls")),
    path("customers/", include("customers.urls")),
    path("settings/", include("channels_app.urls")),
    path("admin/", admin.site.urls),
]
