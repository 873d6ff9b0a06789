"""One mail, one recipient, one SMTP transaction; every answer of a server becomes an error of the contract."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from channels_app.connectors.email import oauth
from channels_app.connectors.email.accounts import MailAccount, Security, SignIn
from channels_app.contract import (
    Account,
    AccountFailure,
    DeliveryError,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

CONNECT_SECONDS = 20
# RFC 5321 §4.5.3.2.6: a server may take ten minutes to answer the end of DATA; a worker's claim lives two.
ANSWER_SECONDS = 90
ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
UNREACHABLE = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1")


def send(account: Account, mail: bytes, *, sender: str, recipient: str, envelope_id: str = "") -> str:
    """Hand one mail to the account's server and give its last words.

    Raises UnknownOutcome only where the whole mail went over and no answer came back.
    """
    with session(account) as server:
        try:
            _envelope(server, sender, recipient, envelope_id)
            _expect(server.docmd("DATA"), (354,))
        except (OSError, smtplib.SMTPException) as error:
            raise as_failure(error) from error
        return _data(server, mail)


def check(account: Account) -> None:
    """Sign in and say good-bye; raises DeliveryError."""
    with session(account):
        pass


@contextmanager
def session(account: Account) -> Iterator[smtplib.SMTP]:
    """A connection that is signed in."""
    mail_account = MailAccount.of(account)
    try:
        server = _connect(mail_account)
    except (OSError, smtplib.SMTPException) as error:
        raise as_failure(error) from error
    try:
        _sign_in(server, account, mail_account)
        yield server
    finally:
        _leave(server)


def _connect(account: MailAccount) -> smtplib.SMTP:
    name = account.domain
    if account.smtp_security == Security.TLS:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(account.smtp_host, account.smtp_port, name, timeout=CONNECT_SECONDS, context=context)
    server = smtplib.SMTP(account.smtp_host, account.smtp_port, name, timeout=CONNECT_SECONDS)
    if account.smtp_security == Security.STARTTLS:
        server.starttls(context=ssl.create_default_context())
    return server


def _sign_in(server: smtplib.SMTP, account: Account, mail_account: MailAccount) -> None:
    user = mail_account.smtp_user or mail_account.address
    try:
        server.ehlo_or_helo_if_needed()
        if mail_account.sign_in != SignIn.PASSWORD:
            first = oauth.xoauth2(user, oauth.access_token(account))
            server.auth("XOAUTH2", lambda challenge=None: "" if challenge else first)
        elif mail_account.smtp_password:
            server.login(user, mail_account.smtp_password)
    except smtplib.SMTPNotSupportedError as error:
        raise AccountFailure(str(error), code="auth", advice=_("This server takes no password here.")) from error
    except smtplib.SMTPAuthenticationError as error:
        oauth.forget(account)
        raise _refused_sign_in(error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise as_failure(error) from error


def _refused_sign_in(error: smtplib.SMTPAuthenticationError) -> DeliveryError:
    code, words = error.smtp_code, _words(error.smtp_error)
    if 400 <= code < 500:
        return TemporaryFailure(words, code=str(code))
    advice = _("The mail server refuses our name or password. An admin can enter them again in the channel's settings.")
    return AccountFailure(words, code=str(code), advice=advice)


def _envelope(server: smtplib.SMTP, sender: str, recipient: str, envelope_id: str) -> None:
    server.ehlo_or_helo_if_needed()
    options = [f"ENVID={envelope_id}", "RET=HDRS"] if envelope_id and server.has_extn("dsn") else []
    if not recipient.isascii():
        if not server.has_extn("smtputf8"):
            words = f"{server._host} has no SMTPUTF8"  # type: ignore[attr-defined]
            raise PermanentFailure(words, advice=_("Our mail server cannot write to an address with such letters."))
        options += ["SMTPUTF8"]
    if server.has_extn("8bitmime"):
        options += ["BODY=8BITMIME"]
    _expect(server.mail(sender, options), (250,), sender=sender)
    _expect(server.rcpt(recipient), (250, 251, 252))


def _expect(reply: tuple[int, bytes], codes: tuple[int, ...], *, sender: str = "") -> str:
    code, words = reply[0], _words(reply[1])
    if code not in codes:
        raise refusal(code, words, about_sender=bool(sender))
    return words


def _data(server: smtplib.SMTP, mail: bytes) -> str:
    """Send the mail after 354. Until its last bytes have left, no server has accepted it."""
    try:
        server.send(_stuffed(mail))
    except (OSError, smtplib.SMTPException) as error:
        raise as_failure(error) from error
    try:
        if server.sock is not None:
            server.sock.settimeout(ANSWER_SECONDS)
        reply = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        advice = _("The mail server did not say whether it took the mail. Ask the customer, or send it again.")
        raise UnknownOutcome(f"no answer after DATA: {error}", code="data", advice=advice) from error
    return _expect(reply, (250,))


def _stuffed(mail: bytes) -> bytes:
    """RFC 5321 §4.5.2: CRLF everywhere, a leading dot doubled, a lone dot at the end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", mail)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n")


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


# ── What the answers mean ────────────────────────────────────────────────────────────────────────────────────────────
def as_failure(error: Exception) -> DeliveryError:
    """A library's error, before the mail was handed over."""
    if isinstance(error, smtplib.SMTPResponseException):
        return refusal(error.smtp_code, _words(error.smtp_error))
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = _("The mail server's certificate is not valid. An admin can check its name in the settings.")
        return TemporaryFailure(str(error), code="tls", advice=advice)
    return TemporaryFailure(f"{type(error).__name__}: {error}", code="connect")


def refusal(code: int, words: str, *, about_sender: bool = False) -> DeliveryError:
    """A server's answer that is no yes."""
    found = ENHANCED.search(words)
    status = found[1] if found else ""
    named = f"{code} {status}".strip()
    if code in (530, 534, 535, 538) or status in ("5.7.8", "5.7.9", "5.7.30"):
        advice = _(
            "The mail server refuses our name or password. An admin can enter them again in the channel's settings."
        )
        return AccountFailure(words, code=named, advice=advice)
    if code < 500:
        return TemporaryFailure(words, code=named)
    if about_sender:
        advice = _("The mail server does not let this account send under its address. An admin can check the settings.")
        return PermanentFailure(words, code=named, advice=advice)
    return PermanentFailure(words, code=named, advice=advice_for(status, words), is_unreachable=status in UNREACHABLE)


def advice_for(status: str, words: str) -> Text:
    """What an agent can do about a permanent refusal, by the enhanced status code (RFC 3463)."""
    said = words.lower()
    if status in UNREACHABLE or (not status and ("unknown" in said or "no such" in said)):
        return _("This address does not exist. Check its spelling, or reach the customer another way.")
    if status.startswith(("5.2.2", "4.2.2")) or "mailbox full" in said or "over quota" in said:
        return _("The customer's mailbox is full. Try again later, or reach them another way.")
    if status in ("5.3.4", "5.2.3") or "too large" in said or "size limit" in said:
        return _("The mail is too large for the receiving server. Send the files another way.")
    if status.startswith("5.7"):
        return _("The receiving server took it for unwanted mail. An admin can check SPF and DKIM of our domain.")
    return _("The receiving server refused the mail. Reach the customer another way.")


def _words(raw: bytes | str) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return " ".join(text.split())[:500]
