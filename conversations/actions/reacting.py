"""Somebody puts an emoji on a message: the customer on ours, an agent on theirs."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app import contract
from channels_app.contract import DeliveryError
from channels_app.models import Channel
from conversations import reach
from conversations.actions import orphans, windows
from conversations.actions.change import announce, changing
from conversations.actions.finding import message_named, message_saying
from conversations.actions.knowing import identify_address
from conversations.actions.messages import touch
from conversations.models import Conversation, Message, Reaction
from conversations.refusal import Refused
from conversations.wake import wake

logger = logging.getLogger(__name__)

LONGEST_EMOJI = 40


# ── The customer's ───────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def receive_reaction(channel: Channel, reaction: contract.Reaction) -> None:
    """Put the customer's emoji on a message or take it away; the message is news to nobody, so nobody waits for an answer."""
    identity = identify_address(channel, reaction.sender)
    message = message_named(channel, reaction.target_id) or message_saying(channel, identity, reaction.quoted_text)
    if message is None:
        return orphans.keep(channel, reaction.target_id, reaction) if reaction.target_id else None
    at = reaction.at or timezone.now()
    if reaction.opens_window and not reaction.is_removed:
        windows.acted(channel, identity, at=at)
    conversation = Conversation.objects.lock(message.conversation_id)
    message.refresh_from_db()
    emoji = "" if reaction.is_removed else reaction.emoji.replace("\0", "")[:LONGEST_EMOJI]
    if not message.deleted_at and _put(message, at, emoji, identity=identity):
        conversation.bump()
        touch(message, conversation)
        conversation.save(update_fields=["revision"])
        announce(conversation)


def _put(message: Message, at: datetime, emoji: str, **giver: object) -> bool:
    """Store what somebody last put on a message, blank for nothing: so an older one that comes late changes nothing."""
    before = Reaction.objects.filter(message=message, **giver).first()
    if before is None:
        Reaction.objects.create(message=message, emoji=emoji, at=at, **giver)
        return bool(emoji)
    if at < before.at:
        return False
    was, before.emoji, before.at = before.emoji, emoji, at
    before.save()
    return was != emoji


# ── Ours ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def react(message: Message, *, emoji: str, by: User) -> None:
    """Put an emoji of the desk on a customer's message, in the place of the one before; blank takes it away."""
    _check(message, emoji)
    with changing(message.conversation_id) as conversation:
        ours = Reaction.objects.filter(message=message, agent__isnull=False)
        ours.delete()
        if emoji:
            Reaction.objects.create(message=message, agent=by, emoji=emoji[:LONGEST_EMOJI])
        touch(message, conversation)
    wake("send_reaction", message.pk)


def _check(message: Message, emoji: str) -> None:
    can = message.channel.connector.capabilities if message.channel else contract.Capabilities()
    if message.kind != Message.Kind.INBOUND or not message.external_id or message.deleted_at or not can.can_react:
        raise Refused(_("One cannot react to this message."), code="reaction")
    if emoji and can.reactions is not None and emoji not in can.reactions:
        raise Refused(_("This channel does not carry this emoji."), code="reaction")
    if emoji and (obstacle := _standing(message)):
        raise Refused(obstacle.reason, code=obstacle.code)


def _standing(message: Message) -> reach.Obstacle | None:
    """What forbids to send the customer anything at all; an emoji needs no open window, but no refusal either."""
    if message.channel is None or message.identity is None:
        return None
    found = reach.route(message.channel, message.identity).obstacle
    return found if found and found.code in reach.STANDING else None


def send_reaction(message: Message) -> None:
    """Tell the provider what the desk's emoji on a message is now; one that is not taken goes from the thread as well."""
    assert message.channel is not None, "what came in has a channel"
    assert message.identity is not None, "what came in has a sender"
    identity = message.identity
    ours = Reaction.objects.filter(message=message, agent__isnull=False).first()
    address = contract.Address(identity.kind, identity.value, raw=identity.raw, is_local=bool(identity.account))
    try:
        message.channel.connector.react(
            address, message.external_id, ours.emoji if ours else "", is_public=message.is_public
        )
    except DeliveryError as failure:
        logger.warning("reaction.refused", extra={"number": message.pk, "code": failure.code})
        if ours:
            with changing(message.conversation_id) as conversation:
                Reaction.objects.filter(pk=ours.pk, emoji=ours.emoji).delete()
                touch(message, conversation)
