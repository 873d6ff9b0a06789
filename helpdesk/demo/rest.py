"""The demo's other customers arrive in a process of their own while the desk is in use already."""

from __future__ import annotations

import subprocess
import sys
import threading

from django.conf import settings

from customers.models import Customer
from helpdesk.demo.cast import MEMBER
from helpdesk.demo.seed import CUSTOMERS


def arrive(stop: threading.Event) -> None:
    """Play the lives of those who are not there yet. Not in this process: the clock of a whole process is turned back."""
    there = Customer.objects.filter(facts__has_key=MEMBER).count()
    if not 0 < there < CUSTOMERS:
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "seed_demo", "--rest"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as playing:  # noqa: S603
        while playing.poll() is None and not stop.wait(0.5):
            pass
        playing.terminate()
