"""Addresses of the simulator."""

from django.urls import URLPattern, path

from channels_app.simulator import views

app_name = "simulator"
urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("people/", views.new_person, name="people"),
    path("channels/", views.connect, name="connect"),
    path("api/<str:token>/<path:path>", views.api, name="api"),
    path("<int:account>/log/", views.log, name="log"),
    path("<int:account>/faults/", views.faults, name="faults"),
    path("<int:account>/files/<str:key>/", views.file, name="file"),
    path("<int:account>/<int:person>/", views.phone, name="phone"),
    path("<int:account>/<int:person>/screen/", views.screen, name="screen"),
    path("<int:account>/<int:person>/doings/", views.doings, name="doings"),
]
