"""Small signs of life between an agent and a customer: that one has read, that one is typing. None of them is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from channels_app.contract import Address, Connector, DeliveryError, TypingUpdate
from channels_app.models import Channel
from conversations import windows
from conversations.actions.knowing import known_identity
from conversations.live import say
from conversations.models import Conversation, Message, ReplyWindow
from conversations.wake import wake
from customers.models import Customer, Identity

logger = logging.getLogger(__name__)

# Providers let the sign go out after so many seconds; a page says "typing" at most every three.
TYPING_SECONDS = 5
MARKED_SECONDS = 7 * 24 * 3600


# ── The customer's ───────────────────────────────────────────────────────────────────────────────────────────────────
def receive_typing(channel: Channel, update: TypingUpdate) -> None:
    """The customer is writing; that they have stopped shows by itself."""
    identity = known_identity(channel, update.address) if update.is_typing else None
    if identity is not None:
        say_typing(identity.customer)


def say_typing(customer: Customer) -> None:
    """Announce typing to those who look at the customer's conversations or at a list that shows them."""
    for conversation in Conversation.objects.unresolved().filter(customer=customer)[:5]:
        for topic in (conversation.topic, *conversation.inbox_topics):
            say(topic, "typing", conversation=conversation.pk, customer=customer.pk, name=customer.name)


# ── Ours ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Ear:
    """The last thing a customer said in a conversation, and where: a sign goes there."""

    channel: Channel
    identity: Identity
    external_id: str

    @property
    def address(self) -> Address:
        held = self.identity
        return Address(held.kind, held.value, raw=held.raw, is_local=bool(held.account))

    @property
    def opening(self) -> windows.Opening:
        """What lets us write to them now."""
        row = ReplyWindow.objects.filter(channel=self.channel, identity=self.identity).first()
        return windows.opening(row, self.channel.connector.capabilities)


def customer_seen(conversation: Conversation) -> None:
    """An agent has read the conversation: let the customer see it, where the channel shows such things."""
    channel = conversation.last_channel
    if channel is not None and channel.connector.capabilities.marks_read:
        wake("mark_read", conversation.pk)


def agent_types(conversation_pk: int) -> None:
    """An agent writes an answer: let the customer see it, every few seconds at most. Called for every few keys."""
    if not cache.add(f"typing-{conversation_pk}", 1, TYPING_SECONDS):
        return
    conversation = Conversation.objects.select_related("last_channel").filter(pk=conversation_pk).first()
    if conversation and conversation.last_channel and _shows_typing(conversation.last_channel):
        wake("show_typing", conversation_pk)


def _shows_typing(channel: Channel) -> bool:
    """Whether a provider has to be told; a panel of our own is told by the live line."""
    made = type(channel.connector)
    return made.capabilities.shows_typing and made.show_typing is not Connector.show_typing


def mark_read(conversation_pk: int) -> None:
    """Tell the provider up to where we have read, once for each message."""
    ear = _ear(conversation_pk)
    if ear is None or not ear.channel.connector.capabilities.marks_read:
        return
    if cache.add(f"marked-{ear.channel.pk}-{ear.external_id}", 1, MARKED_SECONDS):
        with _forgiving("mark_read", ear):
            ear.channel.connector.mark_read(ear.address, ear.opening.as_sent(), last_id=ear.external_id)


def show_typing(conversation_pk: int) -> None:
    """Tell the provider that somebody writes."""
    ear = _ear(conversation_pk)
    if ear is not None and _shows_typing(ear.channel):
        with _forgiving("show_typing", ear):
            ear.channel.connector.show_typing(ear.address, ear.opening.as_sent(), last_id=ear.external_id)


def conversation_ended(conversation: Conversation) -> None:
    """Close the provider's session once nobody can take the resolution back any more; it cannot be opened again."""
    channel = conversation.last_channel
    if channel is not None and channel.connector.capabilities.ends_sessions:
        wake("end_session", conversation.pk, at=timezone.now() + timedelta(seconds=settings.UNDO_SECONDS))


def end_session(conversation_pk: int) -> None:
    """Tell the provider that the matter is closed, if it still is."""
    closed = Conversation.objects.filter(pk=conversation_pk, status=Conversation.Status.RESOLVED).exists()
    ear = _ear(conversation_pk) if closed else None
    if ear is not None and ear.channel.connector.capabilities.ends_sessions:
        with _forgiving("end_session", ear):
            ear.channel.connector.end_session(ear.address)


@contextmanager
def _forgiving(sign: str, ear: Ear) -> Iterator[None]:
    """A sign that is not taken is not worth a second try, let alone an agent's attention."""
    try:
        yield
    except DeliveryError as failure:
        logger.info("sign.refused", extra={"sign": sign, "channel": ear.channel.pk, "code": failure.code})


def _ear(conversation_pk: int) -> Ear | None:
    said = Message.objects.filter(conversation=conversation_pk, kind=Message.Kind.INBOUND, deleted_at=None)
    last = said.exclude(external_id="").select_related("channel", "identity").order_by("-sent_at", "-id").first()
    if last is None or last.channel is None or last.identity is None or last.is_public:
        return None
    is_working = last.channel.is_enabled and last.channel.state != Channel.State.PAUSED
    return Ear(last.channel, last.identity, last.external_id) if is_working else None
