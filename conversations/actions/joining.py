"""Two customers turn out to be one: what a proof or an agent says, done so that it can be undone exactly."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.actions import journal
from conversations.actions.change import announce, record
from conversations.models import Conversation, Event, Operation
from conversations.refusal import Refused
from customers.actions import identify
from customers.models import Customer, Identity, IdentityClaim


@transaction.atomic
def prove(identity: Identity, kind: str, value: str, *, raw: str = "", account: str = "") -> Customer:
    """The holder of an identity has proven another address: from now on both lead to one customer.

    `account` names the channel within which alone the address holds.

    Two customers are never joined by themselves where both hold proven addresses that differ: then the address becomes
    a suggestion to the agent.
    """
    held = Identity.objects.filter(kind=kind, account=account, value=value).select_related("customer").first()
    if held is None:
        proven = identify(kind, value, account=account, raw=raw, is_verified=True)
        return _adopt(proven, identity.customer)
    Identity.objects.filter(pk=held.pk, is_verified=False).update(is_verified=True)
    if held.customer_id == identity.customer_id:
        return identity.customer
    if _is_proven_otherwise(identity):
        IdentityClaim.objects.get_or_create(customer=identity.customer, kind=kind, value=value)
        return identity.customer
    merge_customers(identity.customer, into=held.customer, by=None)
    return held.customer


def _adopt(proven: Identity, customer: Customer) -> Customer:
    """Give an address that nobody had to a customer; the customer made for it a moment ago goes."""
    stranger = proven.customer
    proven.customer = customer
    proven.save(update_fields=["customer"])
    stranger.delete()
    return customer


def _is_proven_otherwise(identity: Identity) -> bool:
    """Whether the customer holds an address, proven, that reaches them everywhere."""
    return identity.customer.identities.filter(is_verified=True, account="").exists()


@transaction.atomic
def merge_customers(customer: Customer, *, into: Customer, by: User | None) -> Operation | None:
    """Let one customer's identities and conversations become another's; None where there was nothing to record it on."""
    lock_both = Customer.objects.select_for_update().filter(pk__in=[customer.pk, into.pk]).order_by("pk")
    if len(list(lock_both)) < 2:
        raise Refused(_("Choose another customer."), code="same")
    conversations = list(Conversation.objects.select_for_update(of=("self",)).filter(customer=customer).order_by("pk"))
    changes = _move_all(customer, into, conversations)
    for conversation in conversations:
        conversation.customer = into
        conversation.bump()
        record(Event.Kind.CUSTOMER_MERGED, conversation, by=by, came_from=customer.pk, name=customer.name)
        conversation.save()
        announce(conversation)
    if not conversations:
        return None
    return Operation.objects.create(
        kind=Operation.Kind.MERGE_CUSTOMERS, conversation=conversations[-1], by=by, changes=changes
    )


def _move_all(customer: Customer, into: Customer, conversations: list[Conversation]) -> list[journal.Change]:
    rows = [*customer.identities.all(), *conversations]
    changes = [journal.entry(row, "customer_id", customer.pk, into.pk) for row in rows]
    changes.append(journal.entry(customer, "merged_into_id", None, into.pk))
    customer.identities.update(customer=into)
    Customer.objects.filter(pk=customer.pk).update(merged_into=into)
    return changes + _inherit(customer, into)


def _inherit(customer: Customer, into: Customer) -> list[journal.Change]:
    """What the surviving profile lacks is taken from the other."""
    columns = [name for name in ("name", "language", "time_zone", "place") if not getattr(into, name)]
    before = {name: getattr(into, name) for name in columns}
    after = {name: getattr(customer, name) for name in columns}
    Customer.objects.filter(pk=into.pk).update(**after)
    return journal.differences(into, before, after)


def accept_claim(claim: IdentityClaim, *, by: User) -> Customer:
    """The agent is sure: the claimed address belongs to this customer."""
    if claim.state != IdentityClaim.State.OPEN:
        raise Refused(_("This was decided already."), code="decided")
    with transaction.atomic():
        _decide(claim, IdentityClaim.State.ACCEPTED, by)
        owner = claim.owner()
        if owner is None:
            return _adopt(identify(claim.kind, claim.value), claim.customer)
        if owner.pk != claim.customer_id:
            merge_customers(claim.customer, into=owner, by=by)
        return owner


def dismiss_claim(claim: IdentityClaim, *, by: User) -> None:
    """It is somebody else."""
    _decide(claim, IdentityClaim.State.DISMISSED, by)


def _decide(claim: IdentityClaim, state: str, by: User) -> None:
    claim.state, claim.decided_by = state, by
    claim.save(update_fields=["state", "decided_by"])
