"""Which consumer answers which socket address."""

from django.urls import path

from conversations.consumers.desk import DeskConsumer

routes = [
    path("ws/desk/", DeskConsumer.as_asgi()),
]
