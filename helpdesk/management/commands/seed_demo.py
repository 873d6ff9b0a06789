"""Fill an empty desk with the demo shop: `manage.py seed_demo`."""

import sys
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from agents.models import User
from helpdesk.demo import seed


class Command(BaseCommand):
    """Plays ninety days of the shop's life; refuses a desk that is in use."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=seed.CUSTOMERS)
        parser.add_argument("--conversations", type=int, default=seed.CONVERSATIONS)

    def handle(self, *args: object, customers: int, conversations: int, **options: object) -> None:
        if User.objects.exists():
            raise CommandError("This desk has agents already; the demo fills an empty one only.")
        began = time.monotonic()
        seed.seed(self._report, customers=customers, conversations=conversations)
        self.stdout.write(f"\rDemo shop: {customers} customers, {time.monotonic() - began:.0f} s{' ' * 20}")

    def _report(self, done: int, of: int) -> None:
        if sys.stdout.isatty() or done % 100 < 4:
            self.stdout.write(f"\rFilling in the demo shop: {done} of {of} conversations", ending="")
            self.stdout.flush()
