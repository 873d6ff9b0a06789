"""Bounces, receipts and complaints: which mail of ours, which recipient, what became of it.

First the standard parts (RFC 3464, 8098, 5965); then, only when a mail system wrote, the known dialects; then words.
A person who quotes or forwards a bounce stays a person.
"""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterable
from email.policy import compat32

from flufl.bounce import all_failures

from channels_app.mail.addresses import normalise, read_addresses
from channels_app.mail.automatic import DELIVERY_HEADER, is_daemon, sender_local_part
from channels_app.mail.bounce_words import is_bounce_subject, is_delay, recipients_in, refined_status, status_in
from channels_app.mail.charsets import decode
from channels_app.mail.headers import Headers
from channels_app.mail.mime import Entity, read_headers
from channels_app.mail.model import DeliveryReport, Outcome, RecipientReport, ReportKind
from channels_app.mail.plain import html_to_text

log = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs each detector, and every stranger's oddity

_STATUS = ("message/delivery-status", "message/global-delivery-status")
_READING = ("message/disposition-notification", "message/global-disposition-notification")
_RETURNED = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/rfc822-headers",
)
_COMPLAINTS = frozenset(("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"))
_ACTIONS = {
    "failed": Outcome.FAILED,
    "failure": Outcome.FAILED,
    "error": Outcome.FAILED,  # OpenSMTPD
    "delayed": Outcome.DELAYED,
    "delivered": Outcome.DELIVERED,
    "relayed": Outcome.RELAYED,
    "expanded": Outcome.DELIVERED,
}
MOST_RECIPIENTS = 200
LARGEST_FOR_DIALECTS = 1_000_000
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_QUOTED_HEADER = re.compile(
    r"^[> \t]*(message-id|x-ieum-delivery|subject|to):[ \t]*(.{1,500})$", re.IGNORECASE | re.MULTILINE
)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ID = re.compile(r"<([^<>\s]+)>")


def read_report(root: Entity, raw: bytes) -> DeliveryReport | None:
    """What a mail reports of another one, or None for any mail a person may have written."""
    trust = _trust(root)
    if not trust:
        return None
    recipients, kind, found_by = _standard(root) or _complaint(root) or _dialects(root, raw, with_words=trust > 1)
    return _traced(root, kind, _each_once(recipients), found_by) if recipients else None


Found = tuple[tuple[RecipientReport, ...], ReportKind, str]
_NOTHING: Found = ((), ReportKind.DELIVERY, "")


def _trust(root: Entity) -> int:
    """The gate: 2 for a report type or a mail system, 1 for an office mailbox that speaks like one, 0 for people."""
    headers = root.headers
    if headers.value("Content-Type") == "multipart/report" or root.content_type in _STATUS:
        return 2
    if is_daemon(headers) or "X-Failed-Recipients" in headers:
        return 2
    local_part, subject = sender_local_part(headers), headers.text("Subject")
    if not is_bounce_subject(subject) or _ANSWER.match(subject):
        return 0
    return 2 if local_part in _POSTMASTERS else 1 if _OFFICE.search(local_part) else 0


_POSTMASTERS = frozenset(("postmaster", "mail-admin", "mailadmin", "mail_admin", "mailmaster", "imss", "mailsystem"))
_OFFICE = re.compile(r"postmaster|smtp|mail|^admin$|administrator|gateway|antivirus|system|root")
_ANSWER = re.compile(r"(?:re|fwd?|aw|wg|tr|rv|sv|vs|회신|답장|전달|返信|转发|回复|答复)\s*[:：]", re.IGNORECASE)


def _each_once(recipients: Iterable[RecipientReport]) -> tuple[RecipientReport, ...]:
    """One line a recipient: the first that says most (a failure before a delay before a success)."""
    ranks = {Outcome.FAILED: 0, Outcome.COMPLAINED: 0, Outcome.DELAYED: 1}
    found: dict[str, RecipientReport] = {}
    for report in sorted(recipients, key=lambda report: ranks.get(report.outcome, 2)):
        found.setdefault(report.address, report)
    return tuple(found.values())


def _standard(root: Entity) -> Found | None:
    for entity in root.walk():
        if entity.content_type in _STATUS and (found := _delivery_status(entity)):
            return found, ReportKind.DELIVERY, "rfc3464"
        if entity.content_type in _READING and (read := _disposition(entity)):
            return read, ReportKind.READING, "rfc8098"
    return None


def _blocks(entity: Entity) -> list[Headers]:
    """The header blocks of a status part; a few systems encode it or leave the blank lines out."""
    blocks = _BLANK_LINE.split(entity.content().strip()[:LARGEST_FOR_DIALECTS])
    return [
        Headers(read_headers(block).undecoded(), entity.headers.hints)
        for block in blocks[: MOST_RECIPIENTS + 1]
        if block
    ]


def _delivery_status(entity: Entity) -> tuple[RecipientReport, ...]:
    found = [_recipient(block) for block in _blocks(entity)]
    return tuple(report for report in found if report)


def _recipient(block: Headers) -> RecipientReport | None:
    outcome = _ACTIONS.get(re.split(r"[^a-z]", block.value("Action"), maxsplit=1)[0])
    address = (
        _typed(block.raw("Original-Recipient"))
        or _typed(block.raw("Final-Recipient"))
        or _typed(block.raw("X-Actual-Recipient"))
    )
    if outcome is None or not address:
        return None
    diagnostic = block.text("Diagnostic-Code").partition(";")[2].strip() or block.text("Diagnostic-Code")
    stated = status_in(block.raw("Status"))
    status = refined_status(stated, diagnostic) if outcome in (Outcome.FAILED, Outcome.DELAYED) else stated
    return RecipientReport(address, outcome, status, diagnostic[:1000])


def _typed(value: str) -> str:
    """`rfc822; carol@example.com`, with or without type, brackets or xtext."""
    bare = value.rpartition(";")[2].strip(" <>\"'")
    if "@" not in bare:
        bare = _XTEXT.sub(lambda match: chr(int(match[1], 16)), bare)
    return normalise(decode(bare.encode("utf-8", "surrogateescape")).text)


def _disposition(entity: Entity) -> tuple[RecipientReport, ...]:
    fields = next(iter(_blocks(entity)), None)
    if fields is None:
        return ()
    mode, _, said = fields.raw("Disposition").lower().rpartition(";")
    outcome = _disposed(said, is_automatic="automatic-action" in mode)
    address = _typed(fields.raw("Original-Recipient")) or _typed(fields.raw("Final-Recipient"))
    return (RecipientReport(address, outcome),) if outcome and address else ()


def _disposed(said: str, *, is_automatic: bool) -> Outcome | None:
    if "displayed" in said or "read" in said:
        return Outcome.READ
    if "deleted" not in said:
        return None
    return Outcome.FAILED if is_automatic else Outcome.DELETED  # Dovecot refuses mail this way


def _complaint(root: Entity) -> Found | None:
    for entity in root.walk():
        if entity.content_type != "message/feedback-report":
            continue
        fields = next(iter(_blocks(entity)), None)
        if fields is None or fields.value("Feedback-Type") not in _COMPLAINTS:
            return _NOTHING
        address = _typed(fields.raw("Original-Rcpt-To")) or _returned_recipient(root)
        return (RecipientReport(address, Outcome.COMPLAINED),), ReportKind.COMPLAINT, "rfc5965"
    return None


def _returned_recipient(root: Entity) -> str:
    """The first To of the mail that came back, or ""."""
    returned = _returned(root)
    found = read_addresses(returned.raw_all("To")) if returned else ()
    return normalise(found[0].address) if found else ""


def _dialects(root: Entity, raw: bytes, *, with_words: bool) -> Found:
    """Reports without the standard parts. Called behind the gate only."""
    text = _text(root)
    subject = root.headers.text("Subject")
    for found_by, addresses in (("header", _failed_recipients(root.headers)), ("flufl", _known_programs(raw))):
        if addresses:
            return tuple(_worded(address, text, subject) for address in addresses), ReportKind.DELIVERY, found_by
    if not with_words:
        return _NOTHING
    addresses = recipients_in(text, subject)
    if not addresses and is_bounce_subject(subject):
        addresses = [address for address in [_returned_recipient(root) or _quoted(text).get("to", "")] if address]
    return (
        tuple(_worded(address, text, subject) for address in addresses[:MOST_RECIPIENTS]),
        ReportKind.DELIVERY,
        "words",
    )


def _failed_recipients(headers: Headers) -> list[str]:
    return [
        normalise(found.address)
        for found in read_addresses(headers.raw_all("X-Failed-Recipients"))
        if normalise(found.address)
    ]


def _known_programs(raw: bytes) -> list[str]:
    try:
        message = email.message_from_bytes(raw[:LARGEST_FOR_DIALECTS], policy=compat32)
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 the library's rules meet strangers' bytes: whatever breaks is "not recognised"
        log.info("bounce.dialect_unreadable")
        return []
    found = (normalise(address.decode("ascii", "ignore").strip("<>\"' ")) for address in (*permanent, *temporary))
    return sorted({address for address in found if address})


def _worded(address: str, text: str, subject: str) -> RecipientReport:
    """An outcome out of words: the lines about this address if there are some, else the whole notice."""
    lines = text.split("\n")
    near = next((at for at, line in enumerate(lines) if address in line.lower()), None)
    about = "\n".join(lines[near : near + 8]) if near is not None else text
    status = refined_status(status_in(about) or status_in(text), about)
    is_delayed = is_delay(f"{subject}\n{text[:1500]}") and not status.startswith("5")
    outcome = Outcome.DELAYED if is_delayed else Outcome.FAILED
    return RecipientReport(address, outcome, status, " ".join(about.split())[:500])


def _text(root: Entity) -> str:
    """The notice itself, without the mail it returns."""
    for entity in root.walk():
        if not entity.children and entity.maintype == "text" and entity.content_type != "text/rfc822-headers":
            text = entity.decoded().text[:100_000]
            text = html_to_text(text) if entity.content_type == "text/html" else text
            if text.strip():
                return text
    return ""


def _returned(root: Entity) -> Headers | None:
    """The headers of the mail that came back."""
    for entity in root.walk():
        if entity is not root and entity.content_type in _RETURNED:
            return read_headers(entity.content())
    return None


def _quoted(text: str) -> dict[str, str]:
    """Header lines of the returned mail where it stands in the text; the last of each is the innermost."""
    found: dict[str, str] = {}
    for name, value in _QUOTED_HEADER.findall(text):
        found.setdefault(name.lower(), value.strip())
    if "to" in found:
        found["to"] = next((normalise(address.address) for address in read_addresses([found["to"]])), "")
    return found


def _traced(root: Entity, kind: ReportKind, recipients: tuple[RecipientReport, ...], found_by: str) -> DeliveryReport:
    returned = _returned(root) or Headers(())
    quoted = _quoted(_text(root)) if not returned else {}
    fields = next(
        (block for entity in root.walk() if entity.content_type in (*_STATUS, *_READING) for block in _blocks(entity)),
        Headers(()),
    )
    ids: Iterable[str] = (
        returned.raw("Message-ID"),
        fields.raw("Original-Message-ID"),
        quoted.get("message-id", ""),
        root.headers.raw("X-Original-Message-ID"),
        root.headers.raw("In-Reply-To"),
        root.headers.raw("References").rpartition(" ")[2],
    )
    message_id = next((match[1] for value in ids if (match := _ID.search(value))), "")
    return DeliveryReport(
        kind=kind,
        recipients=recipients,
        found_by=found_by,
        message_id=decode(message_id.encode("utf-8", "surrogateescape")).text,
        envelope_id=fields.text("Original-Envelope-Id"),
        delivery=returned.text(DELIVERY_HEADER) or quoted.get("x-ieum-delivery", ""),
        subject=(returned.text("Subject") or quoted.get("subject", ""))[:2000],
    )
