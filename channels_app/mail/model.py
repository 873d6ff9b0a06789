"""What a mail says, once its bytes are understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels_app.mail.headers import Headers


@dataclass(frozen=True, slots=True)
class MailAddress:
    """One mailbox of a header: `address` as it was written, `name` decoded."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class Note(StrEnum):
    """Why a part is not simply a file."""

    CALENDAR = "calendar"
    ENCRYPTED = "encrypted"
    MESSAGE = "message"
    SIGNATURE = "signature"
    SIGNED = "signed"
    UNREADABLE = "unreadable"


class Defect(StrEnum):
    """What was wrong with a mail: codes, for the page to put into words."""

    BROKEN_STRUCTURE = "broken structure"
    CUT_OFF = "cut off"
    HIDDEN_SENDER = "hidden sender"
    LONG_TEXT = "long text"
    NO_SENDER = "no sender"
    REPEATED_HEADERS = "repeated headers"
    SEVERAL_SENDERS = "several senders"
    TOO_MANY_PARTS = "too many parts"
    UNCERTAIN_CHARSET = "uncertain charset"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with the mail. `summary` is one line on what it holds (an invitation's title and time)."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False
    note: str = ""
    summary: str = ""


class AutomaticKind(StrEnum):
    """Which sort of machine wrote."""

    REPORT = "report"
    REPLY = "reply"
    NOTICE = "notice"
    BULK = "bulk"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class AutomaticMail:
    """A mail that no person wrote to us by hand; `evidence` is the header that says so."""

    kind: AutomaticKind
    evidence: str


class ReportKind(StrEnum):
    """What a report tells of a mail sent earlier."""

    DELIVERY = "delivery"
    READING = "reading"
    COMPLAINT = "complaint"


class Outcome(StrEnum):
    """What became of the mail for one recipient."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    READ = "read"
    DELETED = "deleted unread"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """One recipient's outcome. `status` is the enhanced code of RFC 3463 or ""; `diagnostic` the server's own words."""

    address: str
    outcome: Outcome
    status: str = ""
    diagnostic: str = ""

    @property
    def is_permanent(self) -> bool:
        return self.outcome is Outcome.FAILED and not self.status.startswith("4")

    @property
    def is_bad_address(self) -> bool:
        """The mailbox does not exist (or no longer): writing there again is of no use."""
        return self.is_permanent and self.status in BAD_ADDRESS


BAD_ADDRESS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1"})


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A bounce, a receipt or a complaint about a mail of ours, with every trace of which mail it was."""

    kind: ReportKind
    recipients: tuple[RecipientReport, ...]
    found_by: str
    message_id: str = ""
    envelope_id: str = ""
    delivery: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, whole: nothing is cut from `text` or `html`; what could not be understood stands in `defects`."""

    headers: Headers
    size: int
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_: MailAddress | None = None
    sender: MailAddress | None = None
    reply_to: tuple[MailAddress, ...] = ()
    to: tuple[MailAddress, ...] = ()
    cc: tuple[MailAddress, ...] = ()
    delivered_to: tuple[str, ...] = ()
    return_path: str | None = None
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str = ""
    charset: str = ""
    language: str = ""
    attachments: tuple[Part, ...] = ()
    automatic: AutomaticMail | None = None
    wants_no_auto_reply: bool = False
    report: DeliveryReport | None = None
    list_id: str = ""
    is_encrypted: bool = False
    is_signed: bool = False
    defects: tuple[Defect, ...] = ()
