"""Things that are sent: files with an address of their own, and windows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_app.contract import OutboundFile, Window


def file(name: str, content_type: str, content: bytes = b"bytes") -> OutboundFile:
    return OutboundFile(
        name, content_type, len(content), read=lambda: content, share=lambda: f"https://desk.example.com/f/{name}"
    )


def acted(**ago: Any) -> Window:
    """A window of somebody who last acted so long ago."""
    return Window(acted_at=timezone.now() - timedelta(**ago))
