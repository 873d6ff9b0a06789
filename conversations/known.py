"""Which customers an agent knows: those with whom they may see a conversation."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from agents.models import User
from conversations.models import Conversation
from customers.models import Customer
from customers.search import addressed_like, named_like


def customers_known_to(agent: User) -> QuerySet[Customer]:
    """Customers whose profile the agent may open; all of them for who sees all conversations."""
    current = Customer.objects.filter(merged_into=None)
    if agent.is_admin or agent.scope == User.Scope.ALL:
        return current
    return current.filter(Exists(Conversation.objects.visible_to(agent).filter(customer=OuterRef("pk"))))


def with_last_activity(customers: QuerySet[Customer], agent: User) -> QuerySet[Customer]:
    """The customers with `active_at`, when something last happened in a conversation the agent may see."""
    newest = Conversation.objects.visible_to(agent).filter(customer=OuterRef("pk")).newest_first()
    return customers.annotate(active_at=Subquery(newest.values("active_at")[:1]))


def matching(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Those whose name, initial consonants or address has the text in it."""
    by_name = Q(pk__in=named_like(text).values("pk"))
    return customers.filter(by_name | Q(pk__in=addressed_like(text).values("customer")))
