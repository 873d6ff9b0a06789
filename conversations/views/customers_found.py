"""Customers that a search finds: those of conversations that the agent may see."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F
from django.utils.safestring import SafeString

from agents.models import User
from conversations.models import Conversation
from conversations.search import line
from customers.models import Customer
from customers.search import addressed_like, named_like

# Candidates looked at before visibility is asked for.
LOOKED_AT = 100
NEWEST = 3


@dataclass(frozen=True)
class FoundCustomer:
    """A customer, the name with the found part marked, the address if that was found, and their newest conversations."""

    customer: Customer
    name: SafeString
    address: str
    number: int
    newest: list[int]


def customers_found(agent: User, text: str, limit: int) -> list[FoundCustomer]:
    """Customers by a part of the name, its initial consonants, or an address; in a fixed number of queries."""
    if len(text) > 100:
        return []
    named = named_like(text).filter(merged_into=None).values_list("pk", flat=True)[:LOOKED_AT]
    addresses = dict(addressed_like(text).values_list("customer_id", "value")[:LOOKED_AT]) if len(text) > 1 else {}
    candidates = {*named, *addresses}
    if not candidates:
        return []
    seen = Conversation.objects.visible_to(agent).filter(customer__in=candidates).values("customer")
    counted = seen.annotate(number=Count("pk"), newest=ArrayAgg("pk", order_by=[F("active_at").desc()]))
    known = {row["customer"]: row for row in counted}
    customers = Customer.objects.filter(pk__in=known, merged_into=None).order_by("name", "pk")[:limit]
    return [
        FoundCustomer(
            one,
            line(str(one), [text]),
            addresses.get(one.pk, ""),
            known[one.pk]["number"],
            known[one.pk]["newest"][:NEWEST],
        )
        for one in customers
    ]
