"""Joins the simulator, which knows nothing of the desk's live updates, to them."""

from typing import Any

from django.dispatch import receiver

from channels_app.simulator.models import Account
from channels_app.simulator.runtime import changed
from conversations import live


@receiver(changed)
def tell_screens(sender: type[Account], account: Account, **more: Any) -> None:
    """Let whoever looks at a simulated account look again."""
    live.nudge(f"simulator-{account.pk}")
