"""The product: conversations across channels."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        import_module("conversations.live.sessions")
        # Actors are known to the broker by name (wake.py), in every process that enqueues.
        autodiscover_modules("tasks")
