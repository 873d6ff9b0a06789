"""What can happen to customers and their addresses."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer, Identity, IdentityClaim

# `last_seen_at` is only refreshed this often: it must not cost a write for every message.
SEEN_EVERY = timedelta(minutes=1)
# Written out, since these run for every message that comes in.
_AT = f"""
    SELECT * FROM {Identity._meta.db_table} WHERE kind = %(kind)s AND account = %(account)s AND value = %(value)s
"""  # noqa: S608
_LOCKED = f"""
    SELECT customer.* FROM {Customer._meta.db_table} customer
    JOIN {Identity._meta.db_table} identity ON identity.customer_id = customer.id
    WHERE identity.kind = %(kind)s AND identity.account = %(account)s AND identity.value = %(value)s
    FOR UPDATE OF customer
"""  # noqa: S608


def identify(
    kind: str,
    value: str,
    *,
    account: str = "",
    raw: str = "",
    name: str = "",
    is_verified: bool = False,
    language: str = "",
) -> Identity:
    """The identity behind a normalised address, with its customer locked; both are made for a stranger.

    The lock on the customer lasts for the caller's transaction: messages of one customer are placed one after another.
    """
    identity = _known(kind, value, account) or _met(kind, value, account, raw, name, is_verified, language)
    _refresh(identity, name, is_verified, language)
    return identity


def _known(kind: str, value: str, account: str) -> Identity | None:
    """Lock the customer, then read the identity: while we waited, it may have gone to another by a merge."""
    key = {"kind": kind, "account": account, "value": value}
    for customer in Customer.objects.raw(_LOCKED, key):
        identity = next(iter(Identity.objects.raw(_AT, key)))
        if identity.customer_id != customer.pk:
            return _known(kind, value, account)
        identity.customer = customer
        return identity
    return None


def _met(kind: str, value: str, account: str, raw: str, name: str, is_verified: bool, language: str) -> Identity:
    try:
        with transaction.atomic():
            customer = Customer.objects.create(name=name[:160], language=language[:12])
            return Identity.objects.create(
                customer=customer,
                kind=kind,
                value=value,
                account=account,
                raw=raw[:320],
                name=name[:160],
                is_verified=is_verified,
                last_seen_at=timezone.now(),
            )
    except IntegrityError:  # another process met the same stranger a moment ago
        known = _known(kind, value, account)
        if known is None:
            raise
        return known


def _refresh(identity: Identity, name: str, is_verified: bool, language: str) -> None:
    """Remember that the address was seen, and what it newly tells of the customer."""
    changed = []
    if identity.last_seen_at is None or timezone.now() - identity.last_seen_at > SEEN_EVERY:
        identity.last_seen_at = timezone.now()
        changed.append("last_seen_at")
    if is_verified and not identity.is_verified:
        identity.is_verified = True
        changed.append("is_verified")
    if name and not identity.name:
        identity.name = name[:160]
        changed.append("name")
    if changed:
        identity.save(update_fields=changed)
    _describe(identity.customer, name, language)


def _describe(customer: Customer, name: str, language: str) -> None:
    """Fill in what was blank; what a person has entered stays."""
    changed = []
    if name and not customer.name:
        customer.name = name[:160]
        changed.append("name")
    if language and not customer.language:
        customer.language = language[:12]
        changed.append("language")
    if changed:
        customer.save(update_fields=changed)


def claim(customer: Customer, kind: str, value: str, *, source: str = "") -> IdentityClaim | None:
    """Note an address that a customer gave without proof; None where it is already theirs."""
    if customer.identities.filter(kind=kind, account="", value=value).exists():
        return None
    return IdentityClaim.objects.get_or_create(customer=customer, kind=kind, value=value, defaults={"source": source})[
        0
    ]
