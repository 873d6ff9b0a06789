"""Mail written by machines: every sign of RFC 3834 and of the programs that never read it.

People's mail must not be taken for a machine's, so words of the subject or the body are never a sign by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from channels_app.mail.headers import Headers
from channels_app.mail.model import AutomaticKind, AutomaticMail

LOOP_HEADER = "X-Ieum-Loop"
DELIVERY_HEADER = "X-Ieum-Delivery"

_DAEMON = re.compile(
    r"^(?:mailer-?daemon|mail-daemon|maildaemon|mail[-_.]?delivery(?:[-_.]?(?:subsystem|system))?|mdaemon|"
    r"bounces?(?:[-+=].*)?|bounce-.*|double-bounce|mail-system|microsoftexchange[0-9a-f]{16,})$"
)
_NO_REPLY = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply[-_.+].*|.*[-_.]no-?reply|not-?reply|auto[-_.]?(?:reply|responder|mailer)|"
    r"autoresponse|vacation|out[-_.]?of[-_.]?office|donotrespond)$"
)
# What an absence note calls itself; only believed beside a header that says "automatic" in a weaker way.
_ABSENCE_WORDS = (
    *("auto(?:matic|mated)?[- ]?(?:repl(?:y|ies)|response|antwort)", "out of (?:the )?office", "ooo:", "vacation"),
    *(
        "abwesen",
        "automatische (?:antwort|afwezigheid)",
        "réponse automatique",
        "absence",
        "absent",
        "fuera de la oficina",
    ),
    *("respuesta automática", "risposta automatica", "fuori ufficio", "resposta automática", "fora do escritório"),
    *("automatiskt svar", "frånvaro", "autosvar", "automaattinen vastaus", "automatyczna odpowiedź", "otomatik yanıt"),
    *(
        "автоматический ответ",
        "автоответ",
        r"자동\s?(?:응답|회신)",
        r"부재\s?중",
        r"\[자동\]",
        "自動(?:応答|返信|回覆|回复)",
    ),
    *("不在(?:通知|のお知らせ)", "自动(?:回复|答复)", "外出", "رد تلقائي", "trả lời tự động", "ตอบกลับอัตโนมัติ"),
)
_ABSENCE = re.compile(rf"^(?:re: *|aw: *)*(?:{'|'.join(_ABSENCE_WORDS)})", re.IGNORECASE)


def automatic(headers: Headers) -> AutomaticMail | None:
    """Whether a machine wrote this, with the header that says so; the clearest sign wins."""
    for rule in _RULES:
        if found := rule(headers):
            return found
    return None


def asks_for_silence(headers: Headers) -> bool:
    """Whether this sender, person or machine, must not get an automatic answer."""
    return suppresses_auto_reply(headers) or is_no_reply(headers)


def suppresses_auto_reply(headers: Headers) -> bool:
    """`X-Auto-Response-Suppress` ([MS-OXCMAIL] 2.1.3.2.20) asks for silence; it does not say that a machine wrote."""
    asked = {word.strip() for word in headers.raw("X-Auto-Response-Suppress").lower().split(",")}
    return bool(asked & {"all", "oof", "autoreply"})


def is_no_reply(headers: Headers) -> bool:
    """Whether the sender's address says that nobody reads it."""
    return bool(_NO_REPLY.match(sender_local_part(headers)))


def is_daemon(headers: Headers) -> bool:
    """Whether a mail system itself wrote: null sender or a daemon's name. (A postmaster may be a person.)"""
    return has_null_sender(headers) or bool(_DAEMON.match(sender_local_part(headers)))


def has_null_sender(headers: Headers) -> bool:
    """`Return-Path: <>`: the sign of a report that nobody may answer (RFC 5321 §4.5.5)."""
    return any(value.replace(" ", "") == "<>" for value in headers.raw_all("Return-Path")[:1])


def sender_local_part(headers: Headers) -> str:
    """The name before the @ of From, in lower case; a bare `MAILER-DAEMON` counts as one."""
    written = headers.raw("From")[-1000:].lower()
    match = re.search(r"([^\s<>\"(),;:]+)@[^\s<>@]+>?\s*(?:\([^)]*\))?$", written)
    return match[1] if match else written.strip(" <>\"'").partition("@")[0]


def _found(kind: AutomaticKind, headers: Headers, name: str) -> AutomaticMail:
    return AutomaticMail(kind, f"{name}: {headers.text(name)}"[:200])


def _own_loop(headers: Headers) -> AutomaticMail | None:
    return _found(AutomaticKind.LOOP, headers, LOOP_HEADER) if LOOP_HEADER in headers else None


def _report(headers: Headers) -> AutomaticMail | None:
    is_report = headers.value("Content-Type") == "multipart/report"
    return _found(AutomaticKind.REPORT, headers, "Content-Type") if is_report else None


def _failed_recipients(headers: Headers) -> AutomaticMail | None:
    return _found(AutomaticKind.REPORT, headers, "X-Failed-Recipients") if "X-Failed-Recipients" in headers else None


def _auto_submitted(headers: Headers) -> AutomaticMail | None:
    value = headers.value("Auto-Submitted")
    if not value or value == "no":
        return None
    kind = (
        AutomaticKind.REPLY
        if value.startswith(("auto-replied", "auto_replied", "auto-reply"))
        else AutomaticKind.NOTICE
    )
    return _found(kind, headers, "Auto-Submitted")


_REPLY_HEADERS = (
    *(
        "X-Autoreply",
        "X-Auto-Reply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-Autoreply-From",
        "Auto-Reply",
        "X-AutoReply-From",
    ),
    *(
        "X-Mail-Autoreply",
        "X-FC-MachineGenerated",
        "X-Autogenerated",
        "X-Vacation",
        "X-POST-MessageClass",
        "Delivered-By-The-Graces",
    ),
)


def _reply_headers(headers: Headers) -> AutomaticMail | None:
    for name in _REPLY_HEADERS:
        if name in headers and headers.value(name) not in ("no", "false", "0"):
            return _found(AutomaticKind.REPLY, headers, name)
    return None


def _inbox_rule(headers: Headers) -> AutomaticMail | None:
    """Exchange marks what a mailbox rule sent."""
    name = "X-MS-Exchange-Inbox-Rules-Loop"
    return _found(AutomaticKind.REPLY, headers, name) if name in headers else None


def _precedence(headers: Headers) -> AutomaticMail | None:
    value = headers.value("Precedence").replace("-", "_")
    if value in ("auto_reply", "auto_replied", "autoreply"):
        return _found(AutomaticKind.REPLY, headers, "Precedence")
    if value in ("bulk", "list", "junk"):
        kind = AutomaticKind.REPLY if _ABSENCE.match(headers.text("Subject")) else AutomaticKind.BULK
        return _found(kind, headers, "Precedence")
    return None


def _loop(headers: Headers) -> AutomaticMail | None:
    return _found(AutomaticKind.LOOP, headers, "X-Loop") if "X-Loop" in headers else None


def _absence_note(headers: Headers) -> AutomaticMail | None:
    """A subject of an absence note counts only with a second sign that no hand wrote it."""
    is_supported = suppresses_auto_reply(headers) or has_null_sender(headers) or is_no_reply(headers)
    return (
        _found(AutomaticKind.REPLY, headers, "Subject")
        if is_supported and _ABSENCE.match(headers.text("Subject"))
        else None
    )


def _sender(headers: Headers) -> AutomaticMail | None:
    name = "Return-Path" if has_null_sender(headers) else "From"
    return _found(AutomaticKind.REPORT, headers, name) if is_daemon(headers) else None


def _bulk(headers: Headers) -> AutomaticMail | None:
    for name in (
        "List-Id",
        "List-Unsubscribe",
        "List-Post",
        "List-Help",
        "Feedback-ID",
        "X-Campaign",
        "X-Mailing-List",
        "X-CampaignID",
    ):
        if name in headers:
            return _found(AutomaticKind.BULK, headers, name)
    return None


_RULES: tuple[Callable[[Headers], AutomaticMail | None], ...] = (
    *(_own_loop, _report, _failed_recipients, _auto_submitted, _reply_headers, _inbox_rule, _precedence),
    *(_loop, _absence_note, _sender, _bulk),
)
