"""Addresses of the visitors' chat panel."""

from django.urls import URLPattern, path

from conversations.views.webchat import call_me, contact, frame, talk

urlpatterns: list[URLPattern] = [
    path("w.js", frame.loader, name="loader"),
    path("w/<str:token>/", frame.panel, name="panel"),
    path("w/<str:token>/contact/", contact.contact, name="panel_contact"),
    path("w/<str:token>/call/", call_me.page, name="panel_call"),
    path("w/<str:token>/look.css", contact.look, name="panel_look"),
    path("w/<str:token>/session/", talk.session, name="panel_session"),
    path("w/<str:token>/messages/", talk.messages, name="panel_messages"),
    path("w/<str:token>/files/", talk.files, name="panel_files"),
    path("w/<str:token>/files/<str:ticket>/", talk.file, name="panel_file"),
    path("w/<str:token>/typing/", talk.typing, name="panel_typing"),
    path("w/<str:token>/read/", talk.read, name="panel_read"),
    path("w/<str:token>/page/", talk.page, name="panel_page"),
    path("w/<str:token>/prechat/", talk.prechat, name="panel_prechat"),
]
