"""What the conversation pane and the customer panel show; used by the pane's own view and by the inbox page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from agents.models import User
from channels_app.models import Channel
from conversations import reach
from conversations.models import Conversation, Draft, Event, Follow, Message, ReadMark, Visitor
from conversations.reach import Route
from conversations.stream import contacts, facts, thread
from customers.models import IdentityClaim

# So many episodes are offered beside the one that is open.
MOST_EPISODES = 30
# A panel in a browser is heard of at least this often.
HERE = timedelta(seconds=90)
UNSHOWN = [
    *thread.unshown("last_channel", Channel, "key", "kind", "name"),
    *thread.unshown("assignee", User, "name", "email", "availability"),
]


def conversation_for(request: HttpRequest, pk: int) -> Conversation:
    """The conversation, with what its head shows; 404 where the agent may not see it."""
    agent = agent_of(request)
    seen = Conversation.objects.visible_to(agent)
    found = seen.select_related("customer__organisation", "team", "assignee", "last_channel").defer(*UNSHOWN)
    return get_object_or_404(found.annotate(**_own(agent)), pk=pk)


def _own(agent: User) -> dict[str, Any]:
    """What is the agent's own about a conversation, and whether there is more to fetch: in the same query."""
    mine = {"conversation": OuterRef("pk"), "agent": agent}
    claims = IdentityClaim.objects.filter(customer=OuterRef("customer"), state=IdentityClaim.State.OPEN)
    return {
        "read_revision": Subquery(ReadMark.objects.filter(**mine).values("revision")[:1]),
        "is_followed": Exists(Follow.objects.filter(**mine)),
        "has_draft": Exists(Draft.objects.filter(**mine)),
        "has_claims": Exists(claims),
        "visited_page": Subquery(_here().values("page")[:1]),
    }


def _here() -> QuerySet[Visitor]:
    """Browsers in which the customer is on one of our hosts' sites right now."""
    lately = timezone.now() - HERE
    return Visitor.objects.filter(identity__customer=OuterRef("customer"), seen_at__gte=lately).order_by("-seen_at")


def pane_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Everything for conversation/_pane.html and customer/_side.html, in a fixed number of queries."""
    agent = agent_of(request)
    stream = thread.stretch(conversation, read=getattr(conversation, "read_revision", None), by=agent)
    ways = _ways(conversation, stream.lines)
    episodes = _episodes(conversation, agent)
    return {
        **head_context(request, conversation),
        "lines": stream.lines,
        "earlier": stream.earlier,
        "episodes": [one for one in episodes if one.created_at <= conversation.created_at][::-1],
        "later_episodes": [one for one in episodes if one.created_at > conversation.created_at][::-1],
        "suggestion": _suggestion(conversation, stream.suggested, episodes),
        **side_context(conversation, ways, episodes),
        **composer_context(conversation, agent, ways),
        **_circle(conversation, stream.lines),
    }


def head_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """What the head and the context bar show."""
    return {
        "conversation": conversation,
        "customer": conversation.customer,
        "customer_name": conversation.customer.name or str(conversation.customer),
        "waits": _waits(conversation),
    }


def _waits(conversation: Conversation) -> dict[str, Any] | None:
    """How much of the time for an answer has gone by, in tenths, and how many minutes are left."""
    if conversation.due_at is None or conversation.waiting_since is None:
        return None
    whole = (conversation.due_at - conversation.waiting_since).total_seconds() or 1
    left = (conversation.due_at - timezone.now()).total_seconds()
    return {"minutes": int(abs(left) // 60), "is_over": left < 0, "tenths": max(0, min(10, round(left / whole * 10)))}


def _ways(conversation: Conversation, lines: Sequence[thread.Line]) -> list[Route]:
    heard = [line.message for line in lines if line.message and line.message.kind == Message.Kind.INBOUND]
    prefetch_related_objects([conversation.customer], "identities")
    last = heard[-1] if heard else None
    return reach.routes(conversation.customer, last=last, is_public=conversation.is_public)


def _episodes(conversation: Conversation, agent: User) -> list[Conversation]:
    mine = Conversation.objects.visible_to(agent).current().filter(customer=conversation.customer_id)
    shown = mine.exclude(pk=conversation.pk).select_related("last_channel", "assignee").defer(*UNSHOWN)
    return list(shown.order_by("-created_at", "-id")[:MOST_EPISODES])


def _suggestion(
    conversation: Conversation, suggested: Sequence[Event], episodes: Sequence[Conversation]
) -> dict[str, Any] | None:
    """A conversation in progress that may be the same matter, unless the agent said that it is not."""
    waiting = {one.pk: one for one in episodes if one.status != Conversation.Status.RESOLVED}
    for event in suggested:
        other = waiting.get(event.data.get("other"))
        if other and not event.data.get("is_dismissed") and not conversation.merged_into_id:
            return {"event": event, "conversation": other}
    return None


def composer_context(conversation: Conversation, agent: User, ways: Sequence[Route]) -> dict[str, Any]:
    """Routes with what each can carry, drafts, and how long a reply can be taken back."""
    own = (
        Draft.objects.filter(conversation=conversation, agent=agent) if getattr(conversation, "has_draft", True) else ()
    )
    drafts = {draft.kind: draft for draft in own}
    free = [way for way in ways if way.is_usable]
    able = free + [way for way in ways if not way.is_usable and way.can_use_template]
    kept = drafts.get(Draft.Kind.REPLY)
    before = [way for way in able if kept and way.key == kept.fields.get("route")]
    return {
        "routes": ways,
        "route": next(iter(before + able), None),
        "reply_draft": kept,
        "note_draft": drafts.get(Draft.Kind.NOTE),
        "undo_seconds": settings.UNDO_SECONDS,
        "reply_subject": _subject(conversation),
    }


def _circle(conversation: Conversation, lines: Sequence[thread.Line]) -> dict[str, Any]:
    """Addresses that took part so far, and those whom the customer's last letter also went to."""
    addresses = (identity.value for identity in conversation.customer.identities.all())
    own = {address for address in addresses if not contacts.NUMBER.fullmatch(address)}
    said = [line.message for line in lines if line.message]
    asked = ("reply_to", "cc", "to")  # where they want the answer, and who else read the letter
    written = [message for message in said if message.kind == Message.Kind.INBOUND]
    copied = [[one for role in asked for one in _addresses(message, role)] for message in written]
    known = {address for message in said for role in ("to", "cc") for address in _addresses(message, role)}
    replies = [message for message in said if message.kind == Message.Kind.OUTBOUND]
    known |= {delivery.address for message in replies for delivery in message.deliveries.all()}
    return {
        "known_addresses": sorted(address.lower() for address in known | own),
        "offers": [one for one in dict.fromkeys(copied[-1] if copied else []) if one and one not in own][:5],
    }


def _addresses(message: Message, role: str) -> list[str]:
    return [person.get("address", "") for person in message.details.get(role, [])]


def _subject(conversation: Conversation) -> str:
    """The subject of an answer: that of the conversation, marked as an answer once."""
    subject = conversation.subject.strip()
    return subject if not subject or subject.lower().startswith("re:") else f"Re: {subject}"


def side_context(conversation: Conversation, ways: Sequence[Route], episodes: Sequence[Conversation]) -> dict[str, Any]:
    """What the customer panel shows."""
    customer = conversation.customer
    prefetch_related_objects([conversation], Prefetch("tags"))
    return {
        "contacts": contacts.of(customer, ways),
        "claims": contacts.open_claims(customer) if getattr(conversation, "has_claims", True) else [],
        "facts": facts.read(customer.facts),
        "past": list(episodes)[:5],
        "tags": conversation.tags.all(),
    }


def side(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """The customer panel alone."""
    ways = _ways(conversation, [])
    return {
        **head_context(request, conversation),
        **side_context(conversation, ways, _episodes(conversation, agent_of(request))),
    }


def agent_of(request: HttpRequest) -> User:
    """Whoever is signed in; the middleware lets nobody else this far."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
