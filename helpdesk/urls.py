"""Which app answers which address."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from helpdesk import bundles

urlpatterns = [
    path("", include("conversations.urls")),
    path("accounts/", include("allauth.urls")),
    path("agents/", include("agents.urls")),
    path("settings/", include("channels_app.urls")),
    path("language/", login_not_required(set_language), name="language"),
    path("assets/<path:file_name>", bundles.show, name="asset"),
    path("admin/", admin.site.urls),
]
if settings.SIMULATOR:
    urlpatterns.append(path("simulator/", include("channels_app.simulator.urls")))
if settings.DEMO:
    urlpatterns.append(path("demo/", include("helpdesk.shop_urls")))
