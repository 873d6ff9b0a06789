"""One outbound message for one recipient becomes a mail and goes out by the way that the channel has."""

from __future__ import annotations

from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from anymail.message import AnymailMessage
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.connectors.email import esp, smtp
from channels_app.connectors.email.accounts import MailAccount, Outgoing
from channels_app.connectors.email.identifiers import envelope_sender, message_id
from channels_app.contract import Account, Address, OutboundFile, OutboundMessage, PermanentFailure, Receipt
from channels_app.mail.automatic import DELIVERY_HEADER, LOOP_HEADER
from channels_app.mail.plain import text_to_html

# Base64 makes four bytes of three; Gmail and many others refuse more than 25 MB.
LARGEST_BYTES = 25 * 1024 * 1024 * 3 // 4
LONGEST_HEADER = 76


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
        raw = build(mail_account, message).as_bytes(policy=_POLICY)
        recipient = message.recipient.value
        words = smtp.send(account, raw, sender=sender, recipient=recipient, envelope_id=message.delivery_key)
        details = {"answer": words}
    return Receipt(message_id(message.delivery_key, mail_account), details=details)


# ── What is in it ────────────────────────────────────────────────────────────────────────────────────────────────────
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
    return f"<!doctype html><html><body>{body}{signature}{quoted}</body></html>"


def headers_of(account: MailAccount, message: OutboundMessage) -> dict[str, str]:
    """What threads the mail, finds its delivery again, and keeps machines from answering machines (RFC 3834 §5)."""
    found = {DELIVERY_HEADER: message.delivery_key}
    if message.in_reply_to:
        found["In-Reply-To"] = f"<{message.in_reply_to}>"
        found["References"] = " ".join(f"<{one}>" for one in (message.references or [message.in_reply_to]))
    if message.is_automatic:
        found |= {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", LOOP_HEADER: account.domain}
    return {name: _one_line(value) for name, value in found.items()}


def sender_of(account: MailAccount, message: OutboundMessage) -> HeaderAddress:
    names = [message.author_name if account.shows_agent else "", account.from_name]
    return _header_address(" · ".join(filter(None, names)), account.address)


# ── As a mail ────────────────────────────────────────────────────────────────────────────────────────────────────────
_POLICY = SMTP.clone(max_line_length=76, refold_source="none")


def build(account: MailAccount, message: OutboundMessage) -> EmailMessage:
    """The mail: text and HTML, pictures inside it, files behind it."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender_of(account, message)
    mail["To"] = [_of(address) for address in message.to or [message.recipient]]
    if message.cc:
        mail["Cc"] = [_of(address) for address in message.cc]
    if (reply_to := account.reply_to(message.reply_token)) != account.address:
        mail["Reply-To"] = _header_address(account.from_name, reply_to)
    mail["Subject"] = subject_of(message)
    mail["Date"] = format_datetime(timezone.localtime())
    _raw_header(mail, "Message-ID", f"<{message_id(message.delivery_key, account)}>")
    for name, value in headers_of(account, message).items():
        _raw_header(mail, name, value)
    mail.set_content(text_of(message), cte="base64" if not message.text.isascii() else "quoted-printable")
    mail.add_alternative(html_of(message), subtype="html", cte="base64")
    _attach(mail, message)
    return mail


def _raw_header(mail: EmailMessage, name: str, value: str) -> None:
    """Ids are never to become encoded words, which the standard library makes of long ones: fold them at the blanks."""
    lines, line = [], ""
    for word in value.split(" "):
        if line and len(line) + len(word) > LONGEST_HEADER:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    mail._headers.append((name, "\r\n ".join([*lines, line])))  # type: ignore[attr-defined]


def _attach(mail: EmailMessage, message: OutboundMessage) -> None:
    html: Any = mail.get_payload(1)
    for file in message.files:
        main, _slash, sub = _content_type(file).partition("/")
        if file.is_inline and file.content_id and f"cid:{file.content_id}" in message.html:
            html.add_related(file.read(), main, sub, cid=f"<{file.content_id}>", filename=file.name)
        else:
            mail.add_attachment(file.read(), main, sub, filename=file.name)


def _content_type(file: OutboundFile) -> str:
    """Parts that are containers themselves cannot be attached as bytes."""
    is_plain = file.content_type.count("/") == 1 and not file.content_type.startswith(("multipart/", "message/"))
    return file.content_type if is_plain else "application/octet-stream"


def _of(address: Address) -> HeaderAddress:
    return _header_address(address.name, address.raw if "@" in address.raw else address.value)


def _header_address(name: str, address: str) -> HeaderAddress:
    local, _at, domain = address.strip().rpartition("@")
    return HeaderAddress(_one_line(name)[:80], local, domain)


def _one_line(value: str) -> str:
    return " ".join(value.split())


# ── As a service's message ───────────────────────────────────────────────────────────────────────────────────────────
def for_service(account: MailAccount, message: OutboundMessage) -> AnymailMessage:
    """The same for a mail service's API, which makes the mail itself."""
    made = AnymailMessage(
        subject=subject_of(message),
        body=text_of(message),
        from_email=str(sender_of(account, message)),
        to=[str(_header_address(message.recipient.name, message.recipient.value))],
        reply_to=[account.reply_to(message.reply_token)],
        headers={**headers_of(account, message), "Message-ID": f"<{message_id(message.delivery_key, account)}>"},
    )
    made.attach_alternative(html_of(message), "text/html")
    for file in message.files:
        made.attach(file.name, file.read(), _content_type(file))
    made.metadata = {esp.METADATA: message.delivery_key}
    return made
