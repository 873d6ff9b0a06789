"""Ends the sockets of a session that was ended elsewhere: told of it, they look at their session again and close."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete
from django.dispatch import receiver

from conversations.live import nudge


@receiver(post_delete, sender=Session, dispatch_uid="conversations.live.sessions.ended")
def session_ended(sender: Any, instance: Session, **kwargs: Any) -> None:
    """A log-out, a revoked session and an expired one that was cleared all delete the row."""
    agent = instance.get_decoded().get(SESSION_KEY)
    if agent is not None:
        nudge(f"agent-{agent}", kind="session")
