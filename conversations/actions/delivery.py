"""A delivery walks its states: claimed, handed to the provider outside any transaction, settled by what came back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app import contract
from channels_app.models import Channel
from conversations import tokens
from conversations.actions import receipts
from conversations.actions.change import announce, changing, record
from conversations.actions.messages import touch
from conversations.actions.placing import intake_of
from conversations.models import Attachment, Conversation, Delivery, Event, Message
from conversations.refusal import Refused
from conversations.wake import wake

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=2)
SENT_TIME_IS_EXACT_TO = timedelta(seconds=5)
# Earlier ids of the thread that a message refers to, newest last.
MOST_REFERENCES = 21


def deliver(pk: int) -> None:
    """Send one due delivery; safe to call for one that is not due, cancelled or being sent elsewhere."""
    if (delivery := Delivery.objects.claim(pk)) is None:
        return None
    if delivery.cancel_if_answered and (_answered_since(delivery) or _read_elsewhere(delivery)):
        return settle(delivery, state=Delivery.State.CANCELLED, kind=Event.Kind.SEND_CANCELLED)
    try:
        receipt = delivery.channel.connector.send(outbound(delivery))
    except contract.AccountFailure as failure:
        _pause(delivery.channel, failure)
        _postpone(delivery, failure)
    except contract.TemporaryFailure as failure:
        _postpone(delivery, failure)
    except contract.PermanentFailure as failure:
        _fail(delivery, failure)
    except contract.UnknownOutcome as failure:
        _doubt(delivery, str(failure), failure.advice)
    except Exception:  # a connector's defect: nobody knows how far the send went
        logger.exception("delivery.broken", extra={"delivery": delivery.pk, "channel": delivery.channel_id})
        _doubt(delivery, str(_("The connector failed.")), "")
    else:
        _accepted(delivery, receipt)


def outbound(delivery: Delivery) -> contract.OutboundMessage:
    """What a connector needs to know of one delivery."""
    message = delivery.message
    siblings = list(message.deliveries.select_related("identity"))
    earlier = _earlier_ids(delivery)
    return contract.OutboundMessage(
        delivery_key=delivery.key.hex,
        recipient=_address(delivery),
        text=message.text,
        html=message.html,
        subject=message.subject or message.conversation.subject,
        to=[_address(one) for one in siblings if one.role == Delivery.Role.TO],
        cc=[_address(one) for one in siblings if one.role == Delivery.Role.CC],
        files=[_file(attachment) for attachment in message.attachments.all()],
        reply_token=tokens.reply_token(message.conversation_id),
        in_reply_to=earlier[-1] if earlier else "",
        references=earlier,
        author_name=message.author.name if message.author else "",
        is_automatic=message.is_automatic,
        language=message.conversation.customer.language,
        quoted_history=_history(message),
        signature=_signature(delivery),
        # One conversation's messages are added one after the other, under its lock.
        sequence=message.pk,
    )


def _address(delivery: Delivery) -> contract.Address:
    kind = delivery.identity.kind if delivery.identity else delivery.channel.connector.capabilities.identity_kind
    raw = delivery.identity.raw if delivery.identity else ""
    return contract.Address(kind, delivery.address, raw=raw or delivery.address, name=delivery.name)


def _file(attachment: Attachment) -> contract.OutboundFile:
    return contract.OutboundFile(
        name=attachment.name,
        content_type=attachment.content_type,
        size=attachment.size,
        read=partial(_read, attachment),
        content_id=attachment.content_id,
        is_inline=attachment.is_inline,
    )


def _read(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return file.read()


def _earlier_ids(delivery: Delivery) -> list[str]:
    """Ids under which this recipient knows the earlier messages of the conversation on this channel, oldest first."""
    said = Message.objects.filter(conversation=delivery.message.conversation_id, channel=delivery.channel)
    said = said.filter(sent_at__lt=delivery.message.sent_at).exclude(pk=delivery.message_id)
    received = said.exclude(external_id="").values_list("sent_at", "external_id")
    sent = Delivery.objects.filter(message__in=said, address=delivery.address).exclude(external_id="")
    known = sorted([*received, *sent.values_list("message__sent_at", "external_id")])
    return [external_id for _at, external_id in known][-MOST_REFERENCES:]


def _signature(delivery: Delivery) -> str:
    """The author's own, else the one that the desk has given the channel."""
    author = delivery.message.author
    return (author.signature if author else "") or intake_of(delivery.channel).signature


def _history(message: Message) -> str:
    """What was said before, for channels and agents who quote it."""
    if not message.details.get("quotes_history"):
        return ""
    before = message.conversation.messages.public().filter(sent_at__lt=message.sent_at).in_order().reverse()[:1]
    return "\n".join(f"> {line}" for earlier in before for line in earlier.text.splitlines())


def _answered_since(delivery: Delivery) -> bool:
    wrote = delivery.message.conversation.messages.filter(kind=Message.Kind.INBOUND, is_automatic=False)
    return wrote.filter(created_at__gt=delivery.message.created_at).exists()


def _read_elsewhere(delivery: Delivery) -> bool:
    """Never a second copy to somebody who has read the first."""
    return delivery.message.deliveries.filter(state=Delivery.State.READ).exclude(pk=delivery.pk).exists()


# ── Outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def settle(delivery: Delivery, *, state: str, kind: str = "", **columns: object) -> None:
    """Write the outcome of a claimed send, unless somebody else has meanwhile; tell the thread."""
    with transaction.atomic():
        conversation = Conversation.objects.lock(delivery.message.conversation_id)
        mine = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=Delivery.State.SENDING)
        if not mine.update(state=state, leased_until=None, **columns):
            return
        conversation.bump()
        touch(delivery.message, conversation)
        if kind:
            record(
                kind, conversation, message=delivery.message, address=delivery.address, detail=columns.get("detail", "")
            )
        if state in Delivery.NEEDS_ATTENTION:
            conversation.undelivered += 1
        conversation.save(update_fields=["revision", "undelivered"])
        announce(conversation)
        if state == Delivery.State.SENT:
            receipts.join_orphans(delivery.channel, str(columns.get("external_id", "")))


def _accepted(delivery: Delivery, receipt: contract.Receipt) -> None:
    now = timezone.now()
    said = {"external_id": receipt.external_id[:255], "detail": "", "code": "", "advice": ""}
    settle(delivery, state=Delivery.State.SENT, sent_at=now, **said)
    _note_life(delivery.channel, now)
    if receipt.state != contract.DeliveryState.SENT:
        receipts.raise_state(delivery.pk, receipt.state, at=now)


def _note_life(channel: Channel, now: datetime) -> None:
    """Write when the channel last sent; seldom in a burst, in which every sender would wait for this one row."""
    if channel.last_sent_at is None or now - channel.last_sent_at > SENT_TIME_IS_EXACT_TO:
        Channel.objects.filter(pk=channel.pk).update(last_sent_at=now)


def _postpone(delivery: Delivery, failure: contract.TemporaryFailure) -> None:
    wait = _wait(delivery)
    if wait is None:
        return _fail(delivery, failure)
    if failure.retry_after is not None:
        wait = timedelta(seconds=failure.retry_after)
    when = timezone.now() + wait
    settle(delivery, state=Delivery.State.QUEUED, not_before=when, **_reason(failure))
    wake("deliver", delivery.pk, at=when)


def _wait(delivery: Delivery) -> timedelta | None:
    """Until the next try, as the channel or else the desk has it; None where it was tried often enough."""
    if own := delivery.channel.connector.capabilities.retry_seconds:
        return timedelta(seconds=own[delivery.attempts - 1]) if delivery.attempts <= len(own) else None
    if delivery.attempts >= MOST_ATTEMPTS:
        return None
    return min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)


def _fail(delivery: Delivery, failure: contract.DeliveryError) -> None:
    settle(delivery, state=Delivery.State.FAILED, kind=Event.Kind.SEND_FAILED, **_reason(failure))
    if delivery.identity and getattr(failure, "is_unreachable", False):
        delivery.identity.unreachable_reason = str(failure.advice or failure)[:200]
        delivery.identity.save(update_fields=["unreachable_reason"])


def _doubt(delivery: Delivery, detail: str, advice: object) -> None:
    """The outcome is not known: send again by itself only where the provider recognises a repeated send."""
    if delivery.channel.connector.capabilities.is_send_idempotent and delivery.attempts < MOST_ATTEMPTS:
        settle(delivery, state=Delivery.State.QUEUED, not_before=timezone.now() + FIRST_WAIT, detail=detail)
        return
    settle(delivery, state=Delivery.State.UNKNOWN, kind=Event.Kind.SEND_FAILED, detail=detail, advice=str(advice)[:300])


def _reason(failure: contract.DeliveryError) -> dict[str, str]:
    return {"code": failure.code[:80], "detail": str(failure), "advice": str(failure.advice)[:300]}


def _pause(channel: Channel, failure: contract.AccountFailure) -> None:
    Channel.objects.filter(pk=channel.pk).update(
        state=Channel.State.PAUSED, last_error=str(failure), last_error_at=timezone.now()
    )
    logger.error("channel.paused", extra={"channel": channel.pk, "code": failure.code})


def recover_abandoned() -> int:
    """Decide about sends whose worker died: how many. Nobody knows whether the provider got them."""
    abandoned = Delivery.objects.abandoned().select_related("message__conversation", "channel", "identity")
    for delivery in (found := list(abandoned[:100])):
        _doubt(delivery, str(_("The sending process stopped in the middle.")), _("Ask the customer, or send it again."))
    return len(found)


# ── What an agent can do about one ───────────────────────────────────────────────────────────────────────────────────
def cancel(message: Message, *, by: User | None) -> int:
    """Take back what has not been sent yet: how many deliveries; Refused where all are on their way."""
    with changing(message.conversation_id) as conversation:
        waiting = Delivery.objects.filter(message=message, state=Delivery.State.QUEUED)
        cancelled = waiting.update(state=Delivery.State.CANCELLED)
        if not cancelled:
            raise Refused(_("It has already been sent."), code="sent")
        touch(message, conversation)
        record(Event.Kind.SEND_CANCELLED, conversation, by=by, message=message)
    return cancelled


def retry(delivery: Delivery, *, by: User) -> None:
    """Send once more what failed or may have failed."""
    with changing(delivery.message.conversation_id) as conversation:
        doubtful = Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.NEEDS_ATTENTION)
        if not doubtful.update(
            state=Delivery.State.QUEUED, attempts=0, not_before=timezone.now(), detail="", advice=""
        ):
            raise Refused(_("There is nothing to send again."), code="sent")
        _no_longer_counts(conversation)
        touch(delivery.message, conversation)
    wake("deliver", delivery.pk)


def set_aside(delivery: Delivery, *, by: User) -> None:
    """An agent has dealt with what the customer did not get."""
    with changing(delivery.message.conversation_id) as conversation:
        if Delivery.objects.failed().filter(pk=delivery.pk).update(is_settled_by_agent=True):
            _no_longer_counts(conversation)
            touch(delivery.message, conversation)


def _no_longer_counts(conversation: Conversation) -> None:
    conversation.undelivered = max(0, conversation.undelivered - 1)


def due(limit: int = 200) -> Sequence[int]:
    """Ids of deliveries whose time has come, oldest first."""
    return list(Delivery.objects.due().order_by("not_before").values_list("pk", flat=True)[:limit])


def send_time(message: Message) -> datetime | None:
    """When a message that can still be taken back goes out."""
    waiting = [one.not_before for one in message.deliveries.all() if one.state == Delivery.State.QUEUED]
    return min(waiting, default=None)
