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
        parser.add_argument("--customers", type=int, default=seed.FIRST, help="how many, now")
        parser.add_argument("--all", action="store_const", dest="customers", const=seed.CUSTOMERS)
        parser.add_argument("--rest", action="store_true", help="go on where an earlier call left off")

    def handle(self, *args: object, customers: int, rest: bool, **options: object) -> None:
        began = time.monotonic()
        if rest:
            return seed.seed(self._say_nothing)
        if User.objects.exists():
            raise CommandError("This desk has agents already; the demo fills an empty one only.")
        seed.open_shop()
        seed.seed(self._report, customers=customers)
        seed.settle_desk()
        self.stdout.write(
            f"\rThe sample shop is open: {customers} customers, {time.monotonic() - began:.0f} s{' ' * 20}"
        )

    def _report(self, done: int, of: int) -> None:
        if sys.stdout.isatty() or done % 20 == 0:
            self.stdout.write(f"\rFilling in the sample shop: {done} of {of} customers", ending="")
            self.stdout.flush()

    def _say_nothing(self, done: int, of: int) -> None:
        """The terminal belongs to the desk's log by now."""
