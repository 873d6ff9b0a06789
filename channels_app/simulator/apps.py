"""The simulator as an app of its own: remove it here and in the addresses, and nothing misses it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulatorConfig(AppConfig):
    """Tables and pages of the simulated providers."""

    name = "channels_app.simulator"
    label = "simulator"
    verbose_name = _("Simulator")
