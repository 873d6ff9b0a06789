"""What a visitor may see: their own words and what was sent to them, never a note, never another's history."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from channels_app.panel import PanelConnector
from conversations.models import Conversation, Delivery, Message, ReadMark, Visitor
from conversations.models.message import MessageQuerySet
from customers.models import Identity, IdentityClaim

PAGE = 30
MOST = 100
ARRIVED = (Delivery.State.SENT, Delivery.State.DELIVERED, Delivery.State.READ)

# Up to which revision of each conversation the panel has everything.
Cursor = dict[int, int]


@dataclass
class News:
    """What a panel is told at one pull."""

    messages: list[Message]
    cursor: Cursor
    conversation: Conversation | None = None
    has_more: bool = False
    has_earlier: bool | None = None
    read_up_to: int = 0
    seen_up_to: int = 0


def identities_of(visitor: Visitor) -> QuerySet[Identity]:
    """Whose messages a visitor may see: their own; all of the person's where the host vouches for the person."""
    if visitor.identity is None:
        return Identity.objects.none()
    if visitor.is_verified:
        return Identity.objects.filter(customer=visitor.identity.customer_id)
    return Identity.objects.filter(pk=visitor.identity.pk)


def messages_of(visitor: Visitor) -> MessageQuerySet:
    """The messages that a visitor may see."""
    if visitor.identity is None:
        return Message.objects.none()
    identities = identities_of(visitor).values("pk")
    arrived = Delivery.objects.filter(message=OuterRef("pk"), identity__in=identities, state__in=ARRIVED)
    mine = Q(kind=Message.Kind.INBOUND, identity__in=identities) | Q(Exists(arrived), kind=Message.Kind.OUTBOUND)
    # The customer's conversations first: they are few, while the rest of the condition alone would read every message.
    theirs = Message.objects.public().filter(mine, conversation__customer=visitor.identity.customer_id, deleted_at=None)
    # A telephone call has no words; the chat is no place to tell of it.
    return theirs.exclude(details__has_key="follows_up").exclude(text="", details__has_key="call")


def first_news(visitor: Visitor) -> News:
    """The newest page of what a visitor may see."""
    mine = messages_of(visitor)
    cursor = {row["conversation"]: row["last"] for row in mine.values("conversation").annotate(last=Max("revision"))}
    found = list(mine.for_thread().order_by("-sent_at", "-id")[: PAGE + 1])
    return _filled(visitor, News(found[:PAGE][::-1], cursor, has_earlier=len(found) > PAGE))


def news_after(visitor: Visitor, cursor: Cursor) -> News:
    """What is new or changed since a cursor."""
    fresh = ~Q(conversation__in=cursor)
    for conversation, revision in cursor.items():
        fresh |= Q(conversation=conversation, revision__gt=revision)
    found = list(messages_of(visitor).for_thread().filter(fresh).order_by("revision", "id")[: MOST + 1])
    has_more = len(found) > MOST
    after = dict(cursor)
    for message in found[:MOST]:
        after[message.conversation_id] = max(message.revision, after.get(message.conversation_id, 0))
    return _filled(visitor, News(sorted(found[:MOST], key=lambda m: (m.sent_at, m.pk)), after, has_more=has_more))


def news_before(visitor: Visitor, pk: int) -> News:
    """The page before a message."""
    mine = messages_of(visitor)
    first = mine.filter(pk=pk).first()
    if first is None:
        return News([], {}, has_earlier=False)
    older = mine.filter(Q(sent_at__lt=first.sent_at) | Q(sent_at=first.sent_at, pk__lt=first.pk))
    found = list(older.for_thread().order_by("-sent_at", "-id")[: PAGE + 1])
    return _filled(visitor, News(found[:PAGE][::-1], {}, has_earlier=len(found) > PAGE))


def knows_address(visitor: Visitor) -> bool:
    """Whether the visitor could be answered elsewhere."""
    if visitor.identity is None:
        return False
    customer = visitor.identity.customer_id
    elsewhere = Identity.objects.filter(customer=customer, account="").exists()
    return elsewhere or IdentityClaim.objects.filter(customer=customer, state__in=("open", "accepted")).exists()


def is_admitted_app(visitor: Visitor, origin: str) -> bool:
    """Whether a script on this site may read what the visitor is told."""
    connector = visitor.channel.connector
    return isinstance(connector, PanelConnector) and connector.admits_apps and connector.admits(origin)


def _filled(visitor: Visitor, news: News) -> News:
    mine = messages_of(visitor)
    news.conversation = Conversation.objects.filter(messages__in=mine).order_by("-active_at", "-id").first()
    if news.conversation is not None:
        agents = ReadMark.objects.filter(conversation=news.conversation).aggregate(last=Max("revision"))["last"] or 0
        seen = mine.filter(conversation=news.conversation, kind=Message.Kind.INBOUND, revision__lte=agents)
        news.seen_up_to = seen.aggregate(last=Max("pk"))["last"] or 0
    read = Delivery.objects.filter(identity__in=identities_of(visitor), state=Delivery.State.READ)
    news.read_up_to = read.aggregate(last=Max("message"))["last"] or 0
    return news
