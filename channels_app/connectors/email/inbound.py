"""The bytes of one mail become what the desk understands: a message, receipts, or nothing where it is our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels_app.connectors.email.accounts import MailAccount
from channels_app.connectors.email.identifiers import delivery_of, delivery_of_tag, message_id
from channels_app.connectors.email.smtp import advice_for
from channels_app.contract import Address, DeliveryState, DeliveryUpdate, Inbound, InboundMessage, RemoteFile
from channels_app.mail.addresses import normalise
from channels_app.mail.authentication import Verdict, authentication
from channels_app.mail.automatic import DELIVERY_HEADER
from channels_app.mail.html import clean_html
from channels_app.mail.model import AutomaticKind, DeliveryReport, Mail, MailAddress, Outcome, Part, RecipientReport
from channels_app.mail.parse import parse_mail
from channels_app.mail.quotes import FoldedHtml, fold_html, fold_text

KIND = "email"
# A sender that names no address still gets a place, under a domain that nobody can own (RFC 2606).
NOBODY = "unknown-sender@mail.invalid"
# A Date outside of these says more about the sender's clock than about the mail.
MOST_EARLY = timedelta(minutes=10)
MOST_LATE = timedelta(days=30)
# A subject that says "re", "aw", "회신"… answers something, even where its references were lost.
_ANSWERS = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|rif|res|odp|ynt|tr|회신|답장|답변|回复|回覆|答复|返信|رد)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)

_STATES = {
    Outcome.FAILED: DeliveryState.FAILED,
    Outcome.DELIVERED: DeliveryState.DELIVERED,
    Outcome.READ: DeliveryState.READ,
}


def understand(account: MailAccount, raw: bytes, arrived_at: datetime) -> list[Inbound]:
    """Read one mail; never raises for what a mail can contain."""
    mail = parse_mail(raw)
    if mail.report is not None and (updates := list(_updates(account, mail, mail.report))):
        return list(updates)
    if _is_our_own(account, mail):
        return []
    return [_message(account, mail, arrived_at)]


# ── Receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _updates(account: MailAccount, mail: Mail, report: DeliveryReport) -> Iterator[DeliveryUpdate]:
    """What a bounce or a read receipt says of the one mail it is about; a report about nothing of ours gives nothing."""
    external_id = _reported(account, mail, report)
    if not external_id:
        return
    for recipient in report.recipients:
        if state := _STATES.get(recipient.outcome):
            yield _update(state, external_id, recipient, mail.date)
    if all(recipient.outcome not in _STATES for recipient in report.recipients):
        # A mere delay, say: known, but no news. Saying "sent" keeps the report from becoming a message.
        yield DeliveryUpdate(DeliveryState.SENT, external_id=external_id)


def _reported(account: MailAccount, mail: Mail, report: DeliveryReport) -> str:
    """The Message-ID of the mail that is reported on: as returned to us, by our header, or by the address it came back to."""
    if report.message_id and delivery_of(report.message_id):
        return report.message_id
    key = (
        report.delivery or report.envelope_id or delivery_of_tag(account.token_in([*mail.delivered_to, *_raw(mail.to)]))
    )
    if key and len(key) == 32:
        return message_id(key, account)
    return report.message_id


def _update(state: DeliveryState, external_id: str, recipient: RecipientReport, at: datetime | None) -> DeliveryUpdate:
    is_failure = state is DeliveryState.FAILED
    return DeliveryUpdate(
        state,
        external_id=external_id,
        at=at,
        code=recipient.status,
        detail=recipient.diagnostic,
        advice=advice_for(recipient.status, recipient.diagnostic) if is_failure else "",
        is_unreachable=is_failure and recipient.is_bad_address,
    )


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _is_our_own(account: MailAccount, mail: Mail) -> bool:
    """Whether this left the desk itself: a copy to ourselves, a list that sends everything back."""
    if not account.owns(_address_of(mail.from_)):
        return False
    return bool(delivery_of(mail.message_id)) or DELIVERY_HEADER in mail.headers


def _message(account: MailAccount, mail: Mail, arrived_at: datetime) -> InboundMessage:
    sender, is_echo = _sender(account, mail)
    body = _body(mail)
    token = account.token_in([*mail.delivered_to, *_raw(mail.to), *_raw(mail.cc)])
    references = _references(mail)
    return InboundMessage(
        external_id=mail.message_id,
        sender=sender,
        text=body.text,
        quoted_text=body.quoted_text,
        html=body.visible,
        quoted_html=body.quoted,
        subject=mail.subject,
        sent_at=_sent_at(mail, arrived_at),
        files=[_file(part) for part in mail.attachments],
        reply_token=token,
        references=references,
        starts_anew=bool(mail.subject) and not references and not _ANSWERS.match(mail.subject),
        to=_others(account, mail.to),
        cc=_others(account, mail.cc),
        is_automatic=mail.automatic is not None and mail.automatic.kind is not AutomaticKind.BULK,
        wants_no_auto_reply=mail.wants_no_auto_reply,
        is_echo=is_echo,
        language=mail.language,
        notices=_notices(mail),
        details=_details(mail),
    )


def _body(mail: Mail) -> FoldedHtml:
    """What was newly written, and the rest; text and HTML are folded at the same place."""
    if not mail.html:
        plain = fold_text(mail.text)
        return FoldedHtml("", text=plain.visible, quoted_text=plain.quoted)
    folded = fold_html(mail.html)
    visible, quoted = clean_html(folded.visible).html, clean_html(folded.quoted).html if folded.quoted else ""
    return replace(folded, visible=visible, quoted=quoted, text=folded.text or mail.text)


def _sender(account: MailAccount, mail: Mail) -> tuple[Address, bool]:
    """Who wrote, and whether it was one of us by another program.

    Reply-To is anybody's to choose: it says where to answer, never who wrote. A form on a web site that sends as ourselves
    names its visitor there, and this visitor has proved nothing.
    """
    found = authentication(mail.headers, account.trusted_servers)
    from_ = mail.from_ or mail.sender
    if not account.owns(_address_of(from_)):
        return _address(from_, is_verified=found.from_verified, is_suspect=_is_disowned(found)), False
    visitor = next((one for one in mail.reply_to if not account.owns(one.address)), None)
    if visitor is not None:
        return _address(visitor, is_suspect=True), False
    is_ours = found.from_verified
    return _address(from_, is_verified=is_ours, is_suspect=not is_ours), is_ours


def _is_disowned(found: Verdict) -> bool:
    """Our own server says that the domain in From did not send this. No policy at all is no such word."""
    if found.from_verified:
        return False
    return found.dmarc == "fail" or (found.dmarc in ("", "none") and found.dkim == "fail" and found.spf == "fail")


def _address(mailbox: MailAddress | None, *, is_verified: bool = False, is_suspect: bool = False) -> Address:
    raw, name = (mailbox.address, mailbox.name) if mailbox else ("", "")
    value = normalise(raw) or NOBODY
    return Address(KIND, value, raw=raw or value, name=name, is_verified=is_verified, is_suspect=is_suspect)


def _others(account: MailAccount, mailboxes: Sequence[MailAddress]) -> list[Address]:
    """Whom else the mail went to: our own addresses are no correspondents of ours."""
    return [_address(one) for one in mailboxes if normalise(one.address) and not account.owns(one.address)]


def _references(mail: Mail) -> list[str]:
    """Earlier ids, the nearest first: the mail answered, then the thread from its end."""
    return list(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))


def _sent_at(mail: Mail, arrived_at: datetime) -> datetime:
    if mail.date is None or not arrived_at - MOST_LATE <= mail.date <= arrived_at + MOST_EARLY:
        return arrived_at
    return mail.date


def _file(part: Part) -> RemoteFile:
    note = part.summary or part.note
    return RemoteFile(
        part.name, part.content_type, part.content, content_id=part.content_id, is_inline=part.is_inline, note=note
    )


def _notices(mail: Mail) -> list[str]:
    flags = {"encrypted": mail.is_encrypted, "signed": mail.is_signed, "automatic": mail.automatic is not None}
    return [*(name for name, is_set in flags.items() if is_set), *mail.defects]


def _details(mail: Mail) -> dict[str, object]:
    found: dict[str, object] = {}
    if mail.automatic is not None:
        found["automatic"] = {"kind": mail.automatic.kind, "evidence": mail.automatic.evidence}
    if mail.reply_to:
        found["reply_to"] = [{"address": normalise(one.address), "name": one.name} for one in mail.reply_to]
    if mail.list_id:
        found["list"] = mail.list_id
    return found


def _address_of(mailbox: MailAddress | None) -> str:
    return mailbox.address if mailbox else ""


def _raw(mailboxes: Sequence[MailAddress]) -> list[str]:
    return [one.address for one in mailboxes]
