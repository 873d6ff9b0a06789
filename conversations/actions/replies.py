"""An agent answers the customer, or writes a note to colleagues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app.contract import QuickReply
from conversations import contents, limits
from conversations.actions.attaching import claim_uploads
from conversations.actions.change import changing, record
from conversations.actions.messages import add_message
from conversations.live import nudge
from conversations.models import Conversation, Delivery, Draft, Event, Follow, Mention, Message
from conversations.reach import Route
from conversations.refusal import Refused
from conversations.wake import wake

# `@[Name](12)`: how the composer writes that a note names an agent.
MENTION = re.compile(r"@\[[^\]]{1,120}\]\((\d{1,18})\)")


@dataclass(frozen=True)
class Answer:
    """What an agent, or the desk by itself, says to a customer.

    `linked` are those of the files that go as an address. `template` is kept as contents.py says; `in_reply_to` is the
    message that it quotes. `is_public` None: as public as the conversation; False in a public one goes to the customer
    alone. `not_before` delays the sending; by default channels that cannot take back wait for UNDO_SECONDS.
    """

    text: str
    route: Route
    subject: str = ""
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    files: Sequence[UUID | str] = ()
    linked: Sequence[UUID | str] = ()
    quick_replies: Sequence[QuickReply] = ()
    template: Mapping[str, Any] | None = None
    in_reply_to: Message | None = None
    is_public: bool | None = None
    not_before: datetime | None = None
    cancel_if_answered: bool = False
    quotes_history: bool = False
    is_automatic: bool = False

    @property
    def details(self) -> dict[str, Any]:
        """What the message keeps beside its words."""
        found: dict[str, Any] = {"source": self.text, "quotes_history": self.quotes_history}
        if self.linked:
            found["linked"] = [str(key) for key in self.linked]
        if self.quick_replies:
            found["quick_replies"] = [asdict(one) for one in self.quick_replies]
        return found | ({"template": dict(self.template)} if self.template else {})


class Said(TypedDict, total=False):
    """What `reply` takes beside text and route: the other fields of an Answer."""

    subject: str
    cc: Sequence[str]
    bcc: Sequence[str]
    files: Sequence[UUID | str]
    linked: Sequence[UUID | str]
    quick_replies: Sequence[QuickReply]
    template: Mapping[str, Any] | None
    in_reply_to: Message | None
    is_public: bool | None
    not_before: datetime | None
    cancel_if_answered: bool
    quotes_history: bool
    is_automatic: bool


def reply(
    conversation: Conversation,
    *,
    by: User | None,
    text: str,
    route: Route,
    client_id: UUID | None = None,
    seen: int | None = None,
    **said: Unpack[Said],
) -> Message:
    """Answer by a route: the message, one delivery for each recipient, and the event, in one transaction.

    `client_id` makes it safe to ask twice. `seen` is the revision the agent had on the screen: Refused("stale") where
    somebody has written since. What else can be said stands at Answer.
    """
    answer = Answer(text, route, **said)
    if known := _already(client_id):
        return known
    _check(answer)
    with changing(conversation.pk) as locked:
        _check_here(locked)
        _check_fresh(locked, seen, by)
        message = _written(locked, answer, by, client_id)
        if not answer.is_automatic:
            locked.agent_replied(message.sent_at)
        _address(message, answer)
        record(Event.Kind.REPLIED, locked, by=by, message=message)
        Draft.objects.filter(conversation=locked, agent=by, kind=Draft.Kind.REPLY).delete()
    return message


def _written(conversation: Conversation, answer: Answer, by: User | None, client_id: UUID | None) -> Message:
    text, html = answer.route.channel.connector.render(answer.text)
    is_public = _is_public(conversation, answer)
    message = add_message(
        conversation,
        Message.Kind.OUTBOUND,
        channel=answer.route.channel,
        identity=answer.route.identity,
        author=by,
        text=text,
        html=html,
        subject=answer.subject[:300],
        client_id=client_id,
        in_reply_to=answer.in_reply_to or (_last_said(conversation, answer.route) if is_public else None),
        is_public=is_public,
        is_automatic=answer.is_automatic,
        details=answer.details,
    )
    files = claim_uploads(message, answer.files, by=by) if by is not None else []
    if files and not text.strip():
        conversation.show_in_list(message, contents.what({}, [(one.role, one.content_type) for one in files]))
    return message


def _is_public(conversation: Conversation, answer: Answer) -> bool:
    """Nothing is said to everybody in a conversation that is nobody else's business."""
    if answer.is_public and not conversation.is_public:
        raise Refused(_("This conversation is private: it cannot be answered in public."), code="private")
    return conversation.is_public if answer.is_public is None else answer.is_public


def _last_said(conversation: Conversation, route: Route) -> Message | None:
    """In public, an answer stands below something that the customer said there."""
    said = conversation.messages.filter(kind=Message.Kind.INBOUND, channel=route.channel, identity=route.identity)
    return said.filter(is_public=True, deleted_at=None).order_by("-sent_at", "-id").first()


def note(
    conversation: Conversation, *, by: User, text: str, files: Iterable[UUID | str] = (), client_id: UUID | None = None
) -> Message:
    """Write an internal note; the agents named in it are told and follow from then on."""
    if known := _already(client_id):
        return known
    with changing(conversation.pk) as locked:
        _check_here(locked)
        message = add_message(locked, Message.Kind.NOTE, author=by, text=text, client_id=client_id)
        claim_uploads(message, files, by=by)
        _mention(message)
        record(Event.Kind.NOTED, locked, by=by, message=message)
        Draft.objects.filter(conversation=locked, agent=by, kind=Draft.Kind.NOTE).delete()
    return message


def _already(client_id: UUID | None) -> Message | None:
    return Message.objects.filter(client_id=client_id).first() if client_id else None


def _check(answer: Answer) -> None:
    route = answer.route
    if not (route.is_usable or (answer.template and route.can_use_template)):
        raise Refused(route.reason, code="route")
    if not answer.text.strip() and not answer.files:
        raise Refused(_("Write something first."), code="empty")
    left = route.window.sends_left if route.window and not answer.template else None
    if left is not None and limits.pieces(route.capabilities, answer.text, len(answer.files)) > left:
        raise Refused(limits.TOO_MANY, code="turn")


def _check_here(conversation: Conversation) -> None:
    """Refuse to write where nobody reads any more."""
    if conversation.merged_into_id:
        raise Refused(_("This conversation was merged into another."), code="merged")


def _check_fresh(conversation: Conversation, seen: int | None, by: User | None) -> None:
    """Refuse a reply whose writer has not seen what somebody else said meanwhile to, or by, the customer."""
    if seen is None:
        return
    # By events, not messages: a message gets a new revision whenever a receipt for it comes in.
    said = Event.objects.filter(conversation=conversation, kind__in=[Event.Kind.RECEIVED, Event.Kind.REPLIED])
    newer = said.filter(revision__gt=seen, message__is_automatic=False)
    if newer.exclude(actor__isnull=False, actor=by).exists():
        raise Refused(_("Somebody wrote in this conversation meanwhile."), code="stale")


def _send_time(answer: Answer) -> datetime:
    """Where a message cannot be taken back once sent, wait long enough for an undo."""
    waits = answer.route.capabilities.undo_by_delay and not answer.is_automatic
    return answer.not_before or timezone.now() + timedelta(seconds=settings.UNDO_SECONDS if waits else 0)


def _address(message: Message, answer: Answer) -> None:
    """One delivery for each recipient; an address named twice is written to once."""
    identity, not_before = answer.route.identity, _send_time(answer)
    roles = {identity.value: Delivery.Role.TO}
    roles |= {address: Delivery.Role.CC for address in answer.cc if address not in roles}
    roles |= {address: Delivery.Role.BCC for address in answer.bcc if address not in roles}
    deliveries = [
        Delivery(
            message=message,
            channel=answer.route.channel,
            identity=identity if role == Delivery.Role.TO else None,
            address=address,
            name=identity.name or identity.customer.name if role == Delivery.Role.TO else "",
            role=role,
            not_before=not_before,
            cancel_if_answered=answer.cancel_if_answered,
        )
        for address, role in roles.items()
    ]
    for delivery in Delivery.objects.bulk_create(deliveries):
        wake("deliver", delivery.pk, at=not_before)


def _mention(message: Message) -> None:
    named = User.objects.answering().filter(pk__in={int(pk) for pk in MENTION.findall(message.text)})
    for agent in named:
        Mention.objects.get_or_create(message=message, agent=agent)
        Follow.objects.get_or_create(conversation_id=message.conversation_id, agent=agent)
        nudge(f"inbox-agent-{agent.pk}", conversation=message.conversation_id, mention=message.pk)
