"""A message that shows an admin whether a channel's answers arrive: sent as theirs are, kept in no conversation."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from channels_app.contract import Address, OutboundMessage, PermanentFailure, Receipt
from channels_app.models import Channel
from customers.models import Identity

MOST_OFFERED = 10


def testers(channel: Channel) -> list[Identity]:
    """Who last wrote on the channel: to one of them a test message can go."""
    wrote = Identity.objects.filter(messages__channel=channel, unreachable_reason="").distinct()
    return list(wrote.select_related("customer").order_by("-last_seen_at", "-id")[:MOST_OFFERED])


def send_test(channel: Channel, to: str) -> Receipt:
    """Send to the number of an identity that wrote here, or to an address as typed; raises DeliveryError."""
    words = _("This is a test message of the channel “%(name)s”. If you can read it, answers reach your customers.")
    connector = channel.connector
    message = OutboundMessage(
        uuid.uuid4().hex,
        _address(channel, to),
        connector.render(words % {"name": channel.name})[0],
        subject=_("Test message"),
        is_automatic=True,
    )
    return [connector.send(part) for part in connector.parts(message)][-1]


def _address(channel: Channel, to: str) -> Address:
    for identity in testers(channel):
        if str(identity.pk) == to:
            return Address(identity.kind, identity.value, raw=identity.raw, name=identity.name)
    try:
        return channel.connector.address_of(to.strip())
    except ValueError as error:
        raise PermanentFailure(to, advice=_("This address cannot be reached by this channel.")) from error
