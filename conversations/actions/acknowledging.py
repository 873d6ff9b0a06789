"""The desk says by itself that a first message has come; to people only, and not twice a day to the same one."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from channels_app.contract import InboundMessage
from channels_app.models import Channel
from conversations.actions.placing import intake_of
from conversations.actions.replies import reply
from conversations.models import Message
from conversations.reach import route

# RFC 3834 §2: a machine answers the same person rarely, whatever the headers say. This ends any loop after one exchange.
ONCE_IN = timedelta(days=1)
FIRST = (Message.Placement.NEW, Message.Placement.NEW_SUBJECT)


def is_acknowledged(channel: Channel, inbound: InboundMessage, message: Message) -> bool:
    """Whether this message is answered by the channel's greeting: where it opens a conversation and nobody is there at once."""
    if message.placement not in FIRST or not intake_of(channel).greeting or channel.connector.capabilities.is_instant:
        return False
    if inbound.is_automatic or inbound.wants_no_auto_reply or inbound.sender.is_suspect:
        return False
    return not _answered_lately(message)


def acknowledge(message: Message, channel: Channel) -> Message | None:
    """Send the greeting; None where the sender cannot be written to."""
    assert message.identity is not None, "what came in has a sender"
    way = route(channel, message.identity, is_automatic=True)
    if not way.is_usable or message.is_public:
        return None
    return reply(message.conversation, by=None, text=intake_of(channel).greeting, route=way, is_automatic=True)


def _answered_lately(message: Message) -> bool:
    ours = Message.objects.filter(identity=message.identity, kind=Message.Kind.OUTBOUND, is_automatic=True)
    return ours.filter(sent_at__gt=timezone.now() - ONCE_IN).exists()
