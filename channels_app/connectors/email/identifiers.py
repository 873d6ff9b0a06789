"""The Message-ID of a delivery is made of its key, so that a bounce or an answer can be traced without any look-up."""

from __future__ import annotations

import re

from channels_app.connectors.email.accounts import PLACE, MailAccount

MARK = "ieum"
BOUNCE = "b-"
_OURS = re.compile(rf"([0-9a-f]{{32}})\.{MARK}@")


def message_id(delivery_key: str, account: MailAccount) -> str:
    """The id of one delivery, without brackets; the same at every attempt."""
    return f"{delivery_key}.{MARK}@{account.domain}"


def delivery_of(identifier: str) -> str:
    """The delivery's key in an id of ours, or ""."""
    found = _OURS.match(identifier)
    return found[1] if found else ""


def envelope_sender(delivery_key: str, account: MailAccount) -> str:
    """Where bounces go: an address of this one delivery where the domain for replies is all ours, else the mailbox.

    Mailbox providers refuse or rewrite other senders than the mailbox, hence not with mere plus addresses.
    """
    return account.reply_to(f"{BOUNCE}{delivery_key}") if PLACE in account.reply_address else account.address


def delivery_of_tag(tag: str) -> str:
    """The delivery's key in the tag of an address made by `envelope_sender`, or ""."""
    key = tag.removeprefix(BOUNCE)
    return key if tag.startswith(BOUNCE) and re.fullmatch(r"[0-9a-f]{32}", key) else ""
