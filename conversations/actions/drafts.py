"""What an agent has begun to write, kept on the server."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from agents.models import User
from conversations.models import Conversation, Draft


@transaction.atomic
def save_draft(
    conversation: Conversation,
    *,
    agent: User,
    kind: str,
    text: str,
    version: int = 0,
    fields: dict[str, Any] | None = None,
) -> Draft | None:
    """Keep a draft; blank text removes it. A save older than what is kept is ignored and the kept one returned."""
    kept = Draft.objects.select_for_update().filter(conversation=conversation, agent=agent, kind=kind).first()
    if kept and version and version < kept.version:
        return kept
    if not text.strip():
        if kept:
            kept.delete()
        return None
    if kept is None:
        kept = Draft(conversation=conversation, agent=agent, kind=kind, version=0)
    kept.text, kept.fields, kept.version = text, fields or {}, kept.version + 1
    kept.save()
    return kept
