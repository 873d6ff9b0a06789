"""One outbound message for one recipient becomes a mail and goes out by the way that the channel has."""

from __future__ import annotations

from anymail.message import AnymailMessage
from django.utils.translation import gettext as _

from channels_app.connectors.email import esp, smtp
from channels_app.connectors.email.accounts import MailAccount, Outgoing
from channels_app.connectors.email.identifiers import envelope_sender, message_id
from channels_app.contract import Account, Address, OutboundFile, OutboundMessage, PermanentFailure, Receipt
from channels_app.mail.automatic import DELIVERY_HEADER, LOOP_HEADER
from channels_app.mail.compose import OutgoingFile, OutgoingMail, capped, compose
from channels_app.mail.model import MailAddress
from channels_app.mail.plain import text_to_html

# Base64 makes four bytes of three; Gmail and many others refuse more than 25 MB.
LARGEST_BYTES = 25 * 1024 * 1024 * 3 // 4


def send(account: Account, message: OutboundMessage) -> Receipt:
    """Send to the one recipient; all recipients see the same To and Cc. Raises the contract's errors."""
    mail_account = MailAccount.of(account)
    if sum(file.size for file in message.files) > LARGEST_BYTES:
        raise PermanentFailure(
            "too large", code="size", advice=_("The files are too large for a mail. Send a link instead.")
        )
    if mail_account.outgoing == Outgoing.ESP:
        details = esp.send(mail_account, for_service(mail_account, message))
    else:
        sender = envelope_sender(message.delivery_key, mail_account)
        raw, recipient = written(mail_account, message), message.recipient.value
        words = smtp.send(account, raw, sender=sender, recipient=recipient, envelope_id=message.delivery_key)
        details = {"answer": words}
    return Receipt(message_id(message.delivery_key, mail_account), details=details)


def written(account: MailAccount, message: OutboundMessage) -> bytes:
    """The mail as bytes; raises PermanentFailure for an address that no header can hold."""
    try:
        return compose(as_mail(account, message))
    except ValueError as error:
        raise PermanentFailure(str(error), code="address", advice=_("This address cannot be written to.")) from error


def as_mail(account: MailAccount, message: OutboundMessage) -> OutgoingMail:
    reply_to = account.reply_to(message.reply_token)
    return OutgoingMail(
        from_=sender_of(account, message),
        to=[_mailbox(address) for address in message.to or [message.recipient]],
        cc=[_mailbox(address) for address in message.cc],
        reply_to=[MailAddress(reply_to, account.from_name)] if reply_to != account.address else [],
        subject=subject_of(message),
        text=text_of(message),
        html=html_of(message),
        message_id=message_id(message.delivery_key, account),
        in_reply_to=message.in_reply_to,
        references=message.references,
        files=[_file(file, message.html) for file in message.files],
        automatic="auto-replied" if message.is_automatic else "",
        delivery=message.delivery_key,
        instance=account.domain,
    )


# ── What is in it ────────────────────────────────────────────────────────────────────────────────────────────────────
def sender_of(account: MailAccount, message: OutboundMessage) -> MailAddress:
    names = [message.author_name if account.shows_agent else "", account.from_name]
    return MailAddress(account.address, " · ".join(filter(None, names))[:100])


def subject_of(message: OutboundMessage) -> str:
    subject = " ".join(message.subject.split()) or _("Your message")
    is_answer = subject[:3].lower() == "re:"
    return f"Re: {subject}" if message.in_reply_to and not is_answer else subject


def text_of(message: OutboundMessage) -> str:
    """The answer, the signature behind its mark (RFC 3676 §4.3), the quoted history."""
    signature = f"-- \n{message.signature}" if message.signature else ""
    return "\n\n".join(part for part in (message.text.rstrip(), signature, message.quoted_history) if part) + "\n"


def html_of(message: OutboundMessage) -> str:
    body = message.html or text_to_html(message.text)
    signature = f"<div>--&nbsp;<br>{text_to_html(message.signature)}</div>" if message.signature else ""
    history = message.quoted_history.replace("\n> ", "\n").removeprefix("> ")
    quoted = f'<blockquote type="cite">{text_to_html(history)}</blockquote>' if history else ""
    return f'<!doctype html><html><body dir="auto">{body}{signature}{quoted}</body></html>'


def _mailbox(address: Address) -> MailAddress:
    return MailAddress(address.raw if "@" in address.raw else address.value, address.name)


def _file(file: OutboundFile, html: str) -> OutgoingFile:
    """A picture that the HTML shows goes into it; everything else is attached."""
    is_shown = file.is_inline and bool(file.content_id) and f"cid:{file.content_id}" in html
    return OutgoingFile(file.name, file.content_type, file.read(), content_id=file.content_id if is_shown else "")


# ── As a service's message ───────────────────────────────────────────────────────────────────────────────────────────
def for_service(account: MailAccount, message: OutboundMessage) -> AnymailMessage:
    """The same for a mail service's API, which makes the mail itself."""
    made = AnymailMessage(
        subject=subject_of(message),
        body=text_of(message),
        from_email=str(sender_of(account, message)),
        to=[str(MailAddress(message.recipient.value, message.recipient.name))],
        reply_to=[account.reply_to(message.reply_token)],
        headers=_headers(account, message),
    )
    made.attach_alternative(html_of(message), "text/html")
    for file in message.files:
        made.attach(file.name, file.read(), file.content_type)
    made.metadata = {esp.METADATA: message.delivery_key}
    return made


def _headers(account: MailAccount, message: OutboundMessage) -> dict[str, str]:
    """What threads the mail, finds its delivery again, and keeps machines from answering machines (RFC 3834 §5)."""
    found = {"Message-ID": f"<{message_id(message.delivery_key, account)}>", DELIVERY_HEADER: message.delivery_key}
    if message.in_reply_to:
        found["In-Reply-To"] = f"<{message.in_reply_to}>"
        found["References"] = " ".join(f"<{one}>" for one in capped(message.references or [message.in_reply_to]))
    if message.is_automatic:
        found |= {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", LOOP_HEADER: account.domain}
    return found
