"""`manage.py mail_listener`: the built-in SMTP or LMTP door, for handing mail over to the desk."""

import gc
import signal
import threading
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk import mail_door


class Command(BaseCommand):
    """Listen until SIGTERM or SIGINT."""

    help = "Take mail by SMTP or LMTP; each mail is in the vault before it is acknowledged."

    def add_arguments(self, parser: CommandParser) -> None:
        configured = mail_door.address()
        parser.add_argument("--host", default=configured.host, help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=configured.port, help="port (default: %(default)s)")
        parser.add_argument(
            "--lmtp", action="store_true", default=configured.is_lmtp, help="speak LMTP instead of SMTP"
        )
        parser.add_argument("--threads", type=int, default=configured.threads, help="mails stored at once")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        # What is loaded by now stays: the collector need not look at it again, and less often at the rest.
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        given = {"host": options["host"], "port": options["port"], "is_lmtp": options["lmtp"]}
        door = replace(mail_door.address(), threads=options["threads"], **given)
        try:
            mail_door.serve(door, stopping, self._ready)
        except OSError as error:
            raise CommandError(f"Cannot listen on {door.host}:{door.port}: {error}") from error

    def _ready(self, port: int) -> None:
        self.stdout.write(f"Taking mail on port {port}")
        self.stdout.flush()
