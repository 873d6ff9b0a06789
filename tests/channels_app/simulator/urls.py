"""The desk's addresses with the simulator's."""

from django.urls import include, path

from helpdesk.urls import urlpatterns as desk

urlpatterns = [*desk, path("simulator/", include("channels_app.simulator.urls"))]
