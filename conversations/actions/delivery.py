"""A delivery walks its states: claimed, handed to the provider outside any transaction, settled by what came back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app import contract
from channels_app.models import Channel
from conversations import limits, reach
from conversations.actions import adopting, laddering, receipts, windows
from conversations.actions.change import announce, changing, record
from conversations.actions.messages import touch
from conversations.actions.outgoing import opening_of, outbound, template_of
from conversations.actions.pausing import pause
from conversations.models import Conversation, Delivery, DeliveryPart, Event, Message
from conversations.models.delivery import LEASE
from conversations.refusal import Refused
from conversations.sources import kept
from conversations.wake import wake
from conversations.windows import is_limited
from customers import consent
from customers.models import Identity

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=2)
SENT_TIME_IS_EXACT_TO = timedelta(seconds=5)
ADVICE = _("Use another channel.")


def deliver(pk: int) -> None:
    """Send one due delivery; safe to call for one that is not due, cancelled or being sent elsewhere."""
    if (delivery := Delivery.objects.claim(pk)) is None:
        return None
    if _is_needless(delivery):
        return settle(delivery, state=Delivery.State.CANCELLED, kind=Event.Kind.SEND_CANCELLED)
    if refusal := _refusal(delivery):
        return _refuse(delivery, refusal)
    try:
        if receipt := _send(delivery):
            _accepted(delivery, receipt)
    except contract.DeliveryError as failure:
        _take_failure(delivery, failure)
    except Exception:  # a connector's defect: nobody knows how far the send went
        logger.exception("delivery.broken", extra={"delivery": delivery.pk, "channel": delivery.channel_id})
        _doubt(delivery, kept(_("The connector failed.")), "")


def _take_failure(delivery: Delivery, failure: contract.DeliveryError) -> None:
    match failure:
        case contract.AccountFailure():
            pause(delivery.channel, failure)
            _wait_for_an_admin(delivery, failure)
        case contract.TemporaryFailure():
            _postpone(delivery, failure)
        case contract.UnknownOutcome():
            _doubt(delivery, str(failure), failure.advice)
        case _:
            _fail(delivery, failure)


def _refusal(delivery: Delivery) -> contract.PermanentFailure | None:
    """Why a delivery must not go out, though it was written when it could: a refusal, a window that has closed."""
    can = delivery.channel.connector.capabilities
    if not (can.obeys_opt_out or can.only_templates or is_limited(can)):
        return None
    identity = delivery.identity or _held(delivery, can)
    if identity is None:
        return None
    message = delivery.message
    obstacle = reach.bar(delivery.channel, identity, is_automatic=message.is_automatic, is_public=message.is_public)
    if obstacle is None or (template_of(delivery) and reach.passes(can, obstacle)):
        return None
    trouble = contract.Trouble.RECIPIENT if obstacle.code == "consent" else contract.Trouble.WINDOW
    return contract.PermanentFailure(str(obstacle.reason), code=obstacle.code, advice=ADVICE, trouble=trouble)


def _held(delivery: Delivery, can: contract.Capabilities) -> Identity | None:
    """Who is behind an address that was only typed: they may have refused to be written to."""
    return Identity.objects.filter(kind__in=can.reaches, account="", value=delivery.address).first()


def _send(delivery: Delivery) -> contract.Receipt | None:
    """Hand over what is not at the provider yet, part by part; None where the claim was lost on the way."""
    parts = delivery.channel.connector.parts(outbound(delivery))
    sent = {one.number: one.external_id for one in delivery.parts.all()}
    _check_turn(delivery, len(parts) - len(sent))
    *earlier, (last, final) = enumerate(parts)
    for number, part in earlier:
        if number not in sent and not _remember(delivery, number, _hand_over(delivery, number, part)):
            return None
    return contract.Receipt(sent[last]) if last in sent else _hand_over(delivery, last, final)


def _check_turn(delivery: Delivery, number: int) -> None:
    """Rather nothing than the half of it: the provider would refuse the rest."""
    left = opening_of(delivery).sends_left
    if left is not None and number > left and not template_of(delivery):
        raise contract.PermanentFailure(
            str(limits.TOO_MANY), code="turn", advice=limits.TOO_MANY, trouble=contract.Trouble.WINDOW
        )


def _hand_over(delivery: Delivery, number: int, part: contract.OutboundMessage) -> contract.Receipt:
    """Send one part; what the one before has used up is not offered again."""
    current = replace(part, window=opening_of(delivery).as_sent()) if number else part
    receipt = delivery.channel.connector.send(current)
    windows.spend(delivery, receipt)
    return receipt


def _remember(delivery: Delivery, number: int, receipt: contract.Receipt) -> bool:
    """Note in a commit of its own that a part is at the provider; False where somebody else has the delivery now."""
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=Delivery.State.SENDING)
        is_mine = mine.update(leased_until=timezone.now() + LEASE)
        DeliveryPart.objects.get_or_create(
            delivery=delivery,
            number=number,
            defaults={"channel": delivery.channel, "external_id": receipt.external_id[:255]},
        )
        adopting.join(delivery.channel, receipt.external_id)
    return bool(is_mine)


def _is_needless(delivery: Delivery) -> bool:
    """Whether what was to be said has been read or answered meanwhile; of what follows it must be all."""
    if delivery.cancel_if_answered and (_answered_since(delivery) or _read_elsewhere(delivery)):
        return True
    followed = delivery.message.details.get("follows_up", [])
    read = Delivery.objects.filter(message__in=followed, state=Delivery.State.READ)
    return bool(followed) and read.values("message").distinct().count() == len(followed)


def _answered_since(delivery: Delivery) -> bool:
    wrote = delivery.message.conversation.messages.filter(kind=Message.Kind.INBOUND, is_automatic=False)
    return wrote.filter(created_at__gt=delivery.message.created_at).exists()


def _read_elsewhere(delivery: Delivery) -> bool:
    """Never a second copy to somebody who has read the first."""
    read = delivery.message.deliveries.filter(role=Delivery.Role.TO, state=Delivery.State.READ)
    return read.exclude(pk=delivery.pk).exists()


# ── Outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def settle(delivery: Delivery, *, state: str, kind: str = "", **columns: object) -> None:
    """Write the outcome of a claimed send, unless somebody else has meanwhile; tell the thread."""
    with transaction.atomic():
        conversation = Conversation.objects.lock(delivery.message.conversation_id)
        mine = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=Delivery.State.SENDING)
        if not mine.update(state=state, leased_until=None, **columns):
            return _name(delivery, state, columns)
        conversation.bump()
        touch(delivery.message, conversation)
        if kind:
            record(
                kind, conversation, message=delivery.message, address=delivery.address, detail=columns.get("detail", "")
            )
        if state in Delivery.NEEDS_ATTENTION:
            conversation.undelivered += 1
            laddering.hurry(delivery.message)
        conversation.save(update_fields=["revision", "undelivered"])
        announce(conversation)
        if state == Delivery.State.SENT:
            adopting.join(delivery.channel, str(columns.get("external_id", "")))


def _name(delivery: Delivery, state: str, columns: dict[str, object]) -> None:
    """A receipt was faster than the answer to its send: the answer still brings the id."""
    external_id = str(columns.get("external_id", ""))
    if state == Delivery.State.SENT and external_id:
        Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, external_id="").update(external_id=external_id)
        adopting.join(delivery.channel, external_id)


def _accepted(delivery: Delivery, receipt: contract.Receipt) -> None:
    now = timezone.now()
    said = {"external_id": receipt.external_id[:255], "detail": "", "code": "", "advice": "", "trouble": ""}
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
    if wait is None or (failure.most_tries is not None and delivery.attempts >= failure.most_tries):
        return _fail(delivery, failure)
    if failure.retry_after is not None:
        wait = timedelta(seconds=failure.retry_after)
    when = timezone.now() + wait
    settle(delivery, state=Delivery.State.QUEUED, not_before=when, **_reason(failure))
    wake("deliver", delivery.pk, at=when)


def _wait_for_an_admin(delivery: Delivery, failure: contract.AccountFailure) -> None:
    """The channel is paused: this stays first in its queue, and the try does not count."""
    said = _reason(failure)
    settle(delivery, state=Delivery.State.QUEUED, not_before=timezone.now(), attempts=delivery.attempts - 1, **said)


def _wait(delivery: Delivery) -> timedelta | None:
    """Until the next try, as the channel or else the desk has it; None where it was tried often enough."""
    if own := delivery.channel.connector.capabilities.retry_seconds:
        return timedelta(seconds=own[delivery.attempts - 1]) if delivery.attempts <= len(own) else None
    if delivery.attempts >= MOST_ATTEMPTS:
        return None
    return min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)


def _refuse(delivery: Delivery, refusal: contract.PermanentFailure) -> None:
    """What a machine was about to say is left unsaid; what a person has written comes back to them."""
    if delivery.message.is_automatic:
        return settle(delivery, state=Delivery.State.CANCELLED, **_reason(refusal))
    return _fail(delivery, refusal)


def _fail(delivery: Delivery, failure: contract.DeliveryError) -> None:
    settle(delivery, state=Delivery.State.FAILED, kind=Event.Kind.SEND_FAILED, **_reason(failure))
    if delivery.identity and getattr(failure, "is_unreachable", False):
        delivery.identity.unreachable_reason = kept(failure.advice or failure)[:200]
        delivery.identity.save(update_fields=["unreachable_reason"])
    if delivery.identity and getattr(failure, "is_opt_out", False):
        _forbidden(delivery.identity, delivery.channel)


def _forbidden(identity: Identity, channel: Channel) -> None:
    """The provider knew of a refusal that we had not heard of."""
    consent.note(
        identity,
        account=channel.account,
        purpose="service",
        is_granted=False,
        source="provider",
        words="",
        at=timezone.now(),
    )


def _doubt(delivery: Delivery, detail: str, advice: object) -> None:
    """The outcome is not known: send again by itself only where the provider recognises a repeated send."""
    if delivery.channel.connector.capabilities.is_send_idempotent and delivery.attempts < MOST_ATTEMPTS:
        settle(delivery, state=Delivery.State.QUEUED, not_before=timezone.now() + FIRST_WAIT, detail=detail)
        return
    settle(
        delivery, state=Delivery.State.UNKNOWN, kind=Event.Kind.SEND_FAILED, detail=detail, advice=kept(advice)[:300]
    )


def _reason(failure: contract.DeliveryError) -> dict[str, str]:
    return {
        "code": failure.code[:80],
        "detail": kept(failure),
        "advice": kept(failure.advice)[:300],
        "trouble": str(failure.trouble),
    }


def recover_abandoned() -> int:
    """Decide about sends whose worker died: how many. Nobody knows whether the provider got them."""
    abandoned = Delivery.objects.abandoned().select_related("message__conversation", "channel", "identity")
    for delivery in (found := list(abandoned[:100])):
        _doubt(
            delivery, kept(_("The sending process stopped in the middle.")), _("Ask the customer, or send it again.")
        )
    return len(found)


# ── What an agent can do about one ───────────────────────────────────────────────────────────────────────────────────
def cancel(message: Message, *, by: User | None) -> int:
    """Take back what has not been sent yet: how many deliveries; Refused where all are on their way."""
    with changing(message.conversation_id) as conversation:
        waiting = Delivery.objects.filter(message=message, state=Delivery.State.QUEUED)
        cancelled = waiting.update(state=Delivery.State.CANCELLED)
        if not cancelled:
            raise Refused(_("It has already been sent."), code="sent")
        laddering.take_back(message)
        touch(message, conversation)
        record(Event.Kind.SEND_CANCELLED, conversation, by=by, message=message)
    return cancelled


def retry(delivery: Delivery, *, by: User) -> None:
    """Send once more what failed or may have failed; Refused where the customer has read it elsewhere meanwhile."""
    with changing(delivery.message.conversation_id) as conversation:
        if delivery.role == Delivery.Role.TO and _read_elsewhere(delivery):
            raise Refused(_("The customer has read it on another channel meanwhile."), code="read")
        doubtful = Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.NEEDS_ATTENTION)
        if not doubtful.update(
            state=Delivery.State.QUEUED, attempts=0, not_before=timezone.now(), detail="", advice="", trouble=""
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
