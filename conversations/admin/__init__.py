"""The product in Django's admin: for supervisors, who look, find out why, and put right."""

from conversations.admin import activity, calls, conversation, delivery, desk, reaching, vault, visitor

__all__ = ["activity", "calls", "conversation", "delivery", "desk", "reaching", "vault", "visitor"]
