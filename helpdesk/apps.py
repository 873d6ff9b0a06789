"""Wiring only."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class HelpdeskConfig(AppConfig):
    """The last app: when it is ready, all others are."""

    name = "helpdesk"

    def ready(self) -> None:
        # Whoever wakes a worker names its actor, so each process has to know them all.
        autodiscover_modules("tasks")
        # Registers its system check.
        import_module("helpdesk.health")
        # Lets screens know what happens on simulated phones.
        import_module("helpdesk.simulating")
