"""The product in Django's admin: for supervisors, who look, find out why, and put right."""

from conversations.admin import activity, conversation, delivery, desk, vault, visitor

__all__ = ["activity", "conversation", "delivery", "desk", "vault", "visitor"]
