"""Rows of the product."""

from conversations.models.activity import Draft, Event, Follow, Mention, Operation, ReadMark
from conversations.models.call import Call
from conversations.models.conversation import Conversation, Tag
from conversations.models.delivery import Delivery, DeliveryPart, Orphan
from conversations.models.desk import Intake, SavedReply
from conversations.models.ladder import Ladder, LadderStep, Rung
from conversations.models.message import Attachment, Message, MessageIndex
from conversations.models.pieces import FragmentedMessage
from conversations.models.reaching import Reaction, ReplyWindow, Summons
from conversations.models.visitor import UsedToken, Visitor

__all__ = [
    "Attachment",
    "Call",
    "Conversation",
    "Delivery",
    "DeliveryPart",
    "Draft",
    "Event",
    "Follow",
    "FragmentedMessage",
    "Intake",
    "Ladder",
    "LadderStep",
    "Mention",
    "Message",
    "MessageIndex",
    "Operation",
    "Orphan",
    "Reaction",
    "ReadMark",
    "ReplyWindow",
    "Rung",
    "SavedReply",
    "Summons",
    "Tag",
    "UsedToken",
    "Visitor",
]
