"""The columns of a list row, computed anew after messages have moved."""

from __future__ import annotations

from conversations import contents
from conversations.models import Conversation, Delivery, Message


def refresh(conversation: Conversation, *, with_contents: bool = True) -> None:
    """Let the row show what its messages say; the caller holds the lock and saves."""
    if not with_contents:
        return
    messages = conversation.messages.all()
    if last := show_newest(conversation):
        conversation.active_at = last.sent_at
    inbound = messages.filter(kind=Message.Kind.INBOUND).order_by("-sent_at", "-id").first()
    conversation.last_inbound_at = inbound.sent_at if inbound else None
    conversation.last_inbound_revision = inbound.revision if inbound else 0
    conversation.undelivered = Delivery.objects.failed().filter(message__conversation=conversation).count()
    _renumber(conversation)


def show_newest(conversation: Conversation) -> Message | None:
    """Let the row show the newest message as it is now; the caller holds the lock and saves."""
    last = conversation.messages.order_by("-sent_at", "-id").first()
    if last is not None:
        conversation.show_in_list(last, contents.what_is(last))
    return last


def _renumber(conversation: Conversation) -> None:
    """Threads that are open must pull everything again: all messages get the present revision."""
    conversation.messages.update(revision=conversation.revision)
    conversation.events.update(revision=conversation.revision)
