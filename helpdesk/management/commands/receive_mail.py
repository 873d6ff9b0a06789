"""`manage.py receive_mail`: one mail from a pipe (Postfix, Exim, procmail, getmail), with the exit codes of sysexits.h."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from channels_app.connectors.email.listener import VaultAway
from channels_app.connectors.email.trace import with_trace
from helpdesk.mail_door import VaultDesk


class Command(BaseCommand):
    """Keep the mail on standard input; exit 75 asks the mail server to try again later."""

    help = "Read one mail from standard input: manage.py receive_mail --sender a@b --recipient support@shop.example"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--recipient", action="append", required=True, help="envelope recipient (may be repeated)")
        parser.add_argument("--sender", default="", help="envelope sender; empty for a bounce")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(self._receive(options["sender"], options["recipient"]))

    def _receive(self, sender: str, recipients: list[str]) -> int:
        desk = VaultDesk()
        mail = sys.stdin.buffer.read()
        try:
            known = [recipient for recipient in recipients if desk.takes(recipient)]
            if not known:
                self.stderr.write("No channel has this address.")
                return os.EX_NOUSER
            afterwards = desk.take(with_trace(mail, sender, known), known)
        except (VaultAway, DatabaseError) as error:
            self.stderr.write(f"The desk cannot take mail just now: {error}")
            return os.EX_TEMPFAIL
        if afterwards:
            afterwards()
        return os.EX_OK
