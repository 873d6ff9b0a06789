"""Which consumer answers which socket address."""

from django.urls import path

from conversations.consumers.desk import DeskConsumer
from conversations.consumers.visitor import VisitorConsumer

routes = [
    path("ws/desk/", DeskConsumer.as_asgi()),
    path("ws/webchat/", VisitorConsumer.as_asgi()),
]
