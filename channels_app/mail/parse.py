"""Read one mail, whatever its bytes are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import mktime_tz, parsedate_tz

from channels_app.mail.addresses import normalise, read_addresses
from channels_app.mail.automatic import asks_for_silence, automatic
from channels_app.mail.bodies import Body, read_body
from channels_app.mail.bounces import read_report
from channels_app.mail.charsets import clean
from channels_app.mail.headers import Headers
from channels_app.mail.language import language_of
from channels_app.mail.mime import Entity, read_tree
from channels_app.mail.model import AutomaticKind, AutomaticMail, Defect, DeliveryReport, Mail, MailAddress
from channels_app.mail.words import decode_text

_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,900})\s*>")
_BARE_ID = re.compile(r"[^\s<>,;@]{1,400}@[^\s<>,;]{1,400}")
_ONCE = ("From", "Subject", "Date", "Message-ID", "Reply-To")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_REFERENCES = 200


def parse_mail(raw: bytes) -> Mail:
    """Understand a mail: never raises, whatever the bytes; what was wrong with it stands in `defects`."""
    root = read_tree(raw)
    headers = root.headers
    body = read_body(root)
    report = read_report(root, raw)
    senders, has_decoded_sender = _senders(headers)
    machine = _machine(headers, report)
    text, html = body.text(), body.html()
    return Mail(
        headers=headers,
        size=len(raw),
        message_id=next(iter(message_ids(headers.raw("Message-ID"))), ""),
        in_reply_to=message_ids(" ".join(headers.raw_all("In-Reply-To"))),
        references=message_ids(" ".join(headers.raw_all("References"))),
        from_=senders[0] if senders else None,
        sender=next(iter(_addresses(headers, "Sender")), None),
        reply_to=_addresses(headers, "Reply-To"),
        to=_addresses(headers, "To"),
        cc=_addresses(headers, "Cc"),
        delivered_to=_delivered_to(headers),
        return_path=_return_path(headers),
        subject=headers.text("Subject")[:2000],
        date=_date(headers.raw("Date")),
        text=text,
        html=html,
        charset=body.charset,
        language=language_of(headers, text),
        attachments=tuple(body.parts),
        automatic=machine,
        wants_no_auto_reply=machine is not None or asks_for_silence(headers),
        report=report,
        list_id=_list_id(headers),
        is_encrypted=body.is_encrypted,
        is_signed=body.is_signed,
        defects=_defects(root, body, senders, has_decoded_sender=has_decoded_sender),
    )


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of a header without their brackets, each once, in order; bare ones where there is no bracket at all."""
    value = value[:200_000]
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    return tuple(dict.fromkeys(clean(_text(message_id)) for message_id in found[:MOST_REFERENCES]))


def _text(raw: str) -> str:
    return raw if raw.isascii() else decode_text(raw)


def _machine(headers: Headers, report: DeliveryReport | None) -> AutomaticMail | None:
    """A report is a machine's mail even where no header says so."""
    found = automatic(headers)
    if report and (found is None or found.kind is not AutomaticKind.REPORT):
        return AutomaticMail(AutomaticKind.REPORT, f"report recognised by {report.found_by}")
    return found


def _addresses(headers: Headers, name: str) -> tuple[MailAddress, ...]:
    return read_addresses(headers.raw_all(name), headers.hints)


def _senders(headers: Headers) -> tuple[tuple[MailAddress, ...], bool]:
    """From, else Sender, else the address hidden in an encoded word (some programs encode the whole line)."""
    if found := _addresses(headers, "From") or _addresses(headers, "Sender"):
        return found, False
    return read_addresses([headers.text("From")], headers.hints), True


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    """Every address the mail was really handed to, normalised, nearest first."""
    names = (
        "Delivered-To",
        "X-Original-To",
        "X-Envelope-To",
        "Envelope-To",
        "X-Delivered-To",
        "X-Forwarded-To",
        "X-RCPT-TO",
    )
    found = [normalise(address.address) for name in names for address in _addresses(headers, name)]
    return tuple(dict.fromkeys(address for address in found if address))


def _return_path(headers: Headers) -> str | None:
    """The envelope sender: "" for the null sender, None where no server noted it."""
    if "Return-Path" not in headers:
        return None
    found = _addresses(headers, "Return-Path")
    return found[0].address if found else ""


def _list_id(headers: Headers) -> str:
    raw = headers.text("List-Id")
    match = re.search(r"<([^<>]+)>", raw)
    return (match[1] if match else raw).strip().lower()[:255]


def _date(raw: str) -> datetime | None:
    """An aware UTC time; None for a missing or impossible date. A date without a zone counts as UTC."""
    try:
        parsed = parsedate_tz(raw)
        is_on_earth = parsed is not None and abs(parsed[9] or 0) <= 86_400
        return _EPOCH + timedelta(seconds=mktime_tz(parsed)) if parsed and is_on_earth else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _defects(
    root: Entity, body: Body, senders: tuple[MailAddress, ...], *, has_decoded_sender: bool
) -> tuple[Defect, ...]:
    headers = root.headers
    found: list[Defect] = []
    if not senders:
        found.append(Defect.NO_SENDER)
    elif has_decoded_sender:
        found.append(Defect.HIDDEN_SENDER)
    elif len(senders) > 1 or headers.count("From") > 1:
        found.append(Defect.SEVERAL_SENDERS)
    if any(headers.count(name) > 1 for name in _ONCE):
        found.append(Defect.REPEATED_HEADERS)
    broken = {name for entity in root.walk() for name in entity.defects}
    found += [defect for defect, names in _STRUCTURE.items() if broken & names]
    return tuple(dict.fromkeys([*found, *body.defects]))


# The stdlib's names for what it met.
_STRUCTURE = {
    Defect.CUT_OFF: {"CloseBoundaryNotFoundDefect"},
    Defect.BROKEN_STRUCTURE: {
        *("StartBoundaryNotFoundDefect", "NoBoundaryInMultipartDefect", "MultipartInvariantViolationDefect"),
        *("MissingHeaderBodySeparatorDefect", "FirstHeaderLineIsContinuationDefect", "MalformedHeaderDefect"),
    },
}
