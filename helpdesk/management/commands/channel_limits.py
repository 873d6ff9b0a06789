"""Write the tables of limits in docs/channels/ from what the connectors say, or check that they are up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from channels_app import connectors
from helpdesk.limits_table import written_into

DOCS = Path(settings.BASE_DIR) / "docs/channels"


class Command(BaseCommand):
    help = "Write each channel's table of limits into its page in docs/channels/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where a page is missing or stale"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        missing = [f"{kind}.md" for kind in connectors.REGISTRY if not (DOCS / f"{kind}.md").exists()]
        stale = [page.name for page in sorted(DOCS.glob("*.md")) if not self._is_current(page, writes=not check)]
        if missing or (check and stale):
            raise CommandError(f"Missing in docs/channels/: {missing}. Stale: {stale}. Run manage.py channel_limits.")

    def _is_current(self, page: Path, *, writes: bool) -> bool:
        was = page.read_text()
        now = written_into(was, page.stem)
        if writes and now != was:
            page.write_text(now)
            self.stdout.write(f"{page.name} written")
        return now == was
