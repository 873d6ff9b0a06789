"""Who gets a reply: a pure function of the mail that is answered and of our own addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from channels_app.mail.addresses import domain_of, is_one_of, normalise
from channels_app.mail.model import Mail, MailAddress


@dataclass(frozen=True, slots=True)
class Recipients:
    """To and Cc of a reply. `is_diverted` says that Reply-To leads to another domain than From: worth a second look."""

    to: tuple[MailAddress, ...] = ()
    cc: tuple[MailAddress, ...] = ()
    is_diverted: bool = False


def reply_recipients(mail: Mail, own: Iterable[str], *, everyone: bool = True) -> Recipients:
    """Answer the person who wrote; with `everyone`, copy the others they wrote to. Never ourselves, nobody twice.

    - Reply-To wins over From, unless it is ours.
    - A mail that we sent (From is ours) is answered to those it went to.
    - `own` are addresses ("support@example.com", tags ignored) or whole domains ("@example.com").
    """
    ours = tuple(own)
    if mail.from_ is not None and is_one_of(mail.from_.address, ours):
        return _again(mail, ours, everyone=everyone)
    asked = _others(mail.reply_to, ours)
    to = asked or _others([mail.from_] if mail.from_ else [], ours)
    cc = _others((*mail.to, *mail.cc), ours, but=to) if everyone else ()
    return Recipients(to, cc, bool(asked) and _is_diverted(mail, asked))


def _again(mail: Mail, ours: tuple[str, ...], *, everyone: bool) -> Recipients:
    """A further mail after one of ours: to the same people (a web form's mail names its person in Reply-To)."""
    to = _others(mail.reply_to, ours) or _others(mail.to, ours) or _others(mail.cc, ours)
    return Recipients(to, _others((*mail.to, *mail.cc), ours, but=to) if everyone else ())


def _others(
    addresses: Iterable[MailAddress], ours: tuple[str, ...], but: Iterable[MailAddress] = ()
) -> tuple[MailAddress, ...]:
    seen = {normalise(address.address) for address in but}
    found = []
    for address in addresses:
        key = normalise(address.address)
        if key and key not in seen and not is_one_of(key, ours):
            seen.add(key)
            found.append(address)
    return tuple(found)


def _is_diverted(mail: Mail, asked: tuple[MailAddress, ...]) -> bool:
    sender = domain_of(mail.from_.address) if mail.from_ else ""
    return any(domain_of(address.address) != sender for address in asked)
