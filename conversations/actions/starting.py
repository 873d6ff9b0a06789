"""An agent opens a conversation."""

from __future__ import annotations

from django.db import transaction

from agents.models import User
from channels_app.contract import Address
from channels_app.models import Channel
from conversations.actions.change import announce, record
from conversations.actions.knowing import identify_address
from conversations.models import Conversation, Event
from conversations.reach import Route, route
from customers.models import Customer


@transaction.atomic
def start(customer: Customer, *, by: User, subject: str = "") -> Conversation:
    """A new, empty conversation with a customer, owned by the agent who opens it."""
    team = by.teams.order_by("name").first()
    conversation = Conversation.objects.create(
        customer=customer, subject=subject[:300], assignee=by, team=team, revision=1
    )
    record(Event.Kind.CREATED, conversation, by=by)
    announce(conversation)
    return conversation


@transaction.atomic
def route_to(channel: Channel, address: Address) -> Route:
    """The way to an address typed by an agent; a stranger becomes a customer."""
    return route(channel, identify_address(channel, address))
