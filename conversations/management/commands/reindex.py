"""Build what search reads of messages that came into the database by another way than add_message."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversations.models import Message
from conversations.search import index_many

BATCH = 2000


class Command(BaseCommand):
    help = "Index messages for search: those that are not indexed yet, or all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that are indexed already")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Message.objects.all() if options["all"] else Message.objects.filter(index=None)
        done, last = 0, 0
        while batch := list(wanted.filter(pk__gt=last).select_related("conversation").order_by("pk")[:BATCH]):
            index_many(batch)
            done, last = done + len(batch), batch[-1].pk
            if done % 50_000 < BATCH:
                self.stdout.write(f"{done} messages indexed")
        self.stdout.write(self.style.SUCCESS(f"{done} messages indexed"))
