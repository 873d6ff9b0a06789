"""What agents do to a customer's profile."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.actions.change import announce, record
from conversations.models import Conversation, Event
from conversations.refusal import Refused
from customers.models import Customer, Identity

# Lists show a customer's name and star: this many of their conversations are drawn anew.
ANNOUNCED = 20


@transaction.atomic
def correct(customer: Customer) -> None:
    """Keep what an agent has corrected and let the screens that show it look again."""
    customer.save()
    for conversation in Conversation.objects.filter(customer=customer).newest_first()[:ANNOUNCED]:
        announce(conversation)


@transaction.atomic
def reveal(identity: Identity, *, by: User) -> str:
    """The whole of an address, with a line in the audit trail of the newest conversation that the agent may see."""
    newest = Conversation.objects.visible_to(by).filter(customer=identity.customer_id).newest_first().first()
    if newest is None:
        raise Refused(_("Open a conversation first: what is revealed is recorded there."), code="unrecorded")
    record(Event.Kind.REVEALED, newest, by=by, identity=identity.pk)
    return identity.value
