"""A customer's addresses as the panel beside a conversation shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels_app.models import Channel
from conversations.reach import Route
from customers.models import Customer, Identity, IdentityClaim

NUMBER = re.compile(r"\+?\d{7,15}")
KOREA = "+82"
# What makes an address unreachable for longer than until the customer writes again.
LASTING = frozenset({"off", "paused", "unreachable", "consent"})


@dataclass(frozen=True)
class Contact:
    """One address, the channel that reaches it if there is one, and how it is shown."""

    identity: Identity
    channel: Channel | None
    reason: str
    text: str
    is_masked: bool


@dataclass(frozen=True)
class Claim:
    """An address given without proof, and who holds it already."""

    claim: IdentityClaim
    owner: Customer | None


def of(customer: Customer, ways: Sequence[Route]) -> list[Contact]:
    """Every address of a customer; ids that mean nothing to a person are not spelled out."""
    return [_contact(identity, ways) for identity in customer.identities.all()]


def _contact(identity: Identity, ways: Sequence[Route]) -> Contact:
    way = next((way for way in ways if way.identity.pk == identity.pk), None)
    is_masked = bool(NUMBER.fullmatch(identity.value))
    text = masked(identity.value) if is_masked else "" if identity.account else identity.raw or identity.value
    lasting = way is not None and way.obstacle is not None and way.obstacle.code in LASTING
    return Contact(identity, way.channel if way else None, str(way.reason) if way and lasting else "", text, is_masked)


def shown(identity: Identity) -> str:
    """An address as agents may see it at a glance: of a phone number only its ends."""
    return masked(identity.value) if NUMBER.fullmatch(identity.value) else str(identity)


def masked(number: str) -> str:
    """A phone number with its middle hidden: +821012348214 → 010-••••-8214."""
    local = f"0{number.removeprefix(KOREA)}" if number.startswith(KOREA) else number
    head = local[:3] if local.startswith("0") else local[: min(4, len(local) - 4)]
    return f"{head}-••••-{local[-4:]}"


def spelled(number: str) -> str:
    """A phone number as people of its country write it."""
    local = f"0{number.removeprefix(KOREA)}" if number.startswith(KOREA) else number
    return f"{local[:3]}-{local[3:-4]}-{local[-4:]}" if local.startswith("01") else local


def open_claims(customer: Customer) -> list[Claim]:
    """Addresses the customer gave without proof, not yet decided on."""
    claims = IdentityClaim.objects.filter(customer=customer, state=IdentityClaim.State.OPEN)
    found = [Claim(claim, claim.owner()) for claim in claims.order_by("id")[:5]]
    return [one for one in found if one.owner is None or one.owner.pk != customer.pk]
