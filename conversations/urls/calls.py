"""Addresses of calls: by telephone and by video."""

from django.urls import URLPattern, path

from conversations.views import calls, rooms

urlpatterns: list[URLPattern] = [
    path("calls/now/", calls.now, name="calls_now"),
    path("calls/<int:pk>/room/", rooms.room, name="room"),
    path("conversations/<int:pk>/calls/", calls.create, name="calls"),
    path("conversations/<int:pk>/room/", rooms.create, name="rooms"),
    # What a customer is sent; short, since it goes out in short messages too.
    path("v/<str:code>/", rooms.door, name="room_door"),
]
