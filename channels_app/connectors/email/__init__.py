"""E-mail: mailboxes read by IMAP or handed over, mail sent by SMTP or a mail service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.email import esp, imap, inbound, oauth, outbound, smtp
from channels_app.connectors.email.accounts import Incoming, MailAccount, Outgoing, SignIn
from channels_app.connectors.email.forms import SECRETS, EmailForm
from channels_app.connectors.email.markdown import plain, render
from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    Inbound,
    Inlet,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    Tile,
)
from channels_app.mail.addresses import normalise

if TYPE_CHECKING:
    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024
# What is kept under another type came by a web hook.
MAIL_TYPES = ("", "message/rfc822")


class EmailConnector(Connector):
    """One mailbox of the desk, with all its doors."""

    kind = "email"
    label = _("E-mail")
    tile = Tile("ch", icon="mail")
    capabilities = Capabilities(
        takes_whole=True,
        media=(MediaLimit("", 18 * MEGABYTE),),
        max_files=20,
        has_subject=True,
        has_html=True,
        has_copies=True,
        can_start=True,
        sends_read=True,
        is_instant=False,
        undo_by_delay=True,
        is_polled=True,
        identity_kind="email",
        carries_follow_ups=True,
    )
    secret_fields: ClassVar[frozenset[str]] = SECRETS

    @property
    def mailbox(self) -> MailAccount:
        return MailAccount.of(self.account)

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return EmailForm

    # In
    @property
    def is_polled(self) -> bool:
        return self.mailbox.incoming == Incoming.IMAP and bool(self.mailbox.imap_host)

    def watch(self, inlet: Inlet) -> None:
        imap.watch(self.account, inlet)

    def owns(self, address: str) -> bool:
        return bool(self.mailbox.address) and self.mailbox.owns(address)

    def authenticate(self, request: HttpRequest) -> None:
        esp.authenticate(self.mailbox, request)

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        if envelope.content_type not in MAIL_TYPES:
            return esp.understand(self.mailbox, envelope)
        return inbound.understand(self.mailbox, bytes(envelope.body), _arrived_at(envelope))

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        return outbound.send(self.account, message)

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), render(text)

    def address_of(self, raw: str) -> Address:
        value = normalise(raw)
        if not value or "." not in value.rpartition("@")[2] or self.owns(value):
            raise ValueError(raw)
        return Address(self.kind, value, raw=raw.strip())

    # Settings
    def check(self) -> None:
        mailbox = self.mailbox
        if mailbox.incoming == Incoming.IMAP:
            imap.check(self.account)
        if mailbox.outgoing == Outgoing.SMTP:
            smtp.check(self.account)
        elif not mailbox.esp_api_key:
            raise PermanentFailure("no key", code="settings", advice=_("Enter the key of the mail service."))

    def consent_url(self, *, redirect_uri: str, state: str) -> str:
        if self.mailbox.sign_in not in (SignIn.GOOGLE, SignIn.MICROSOFT):
            return ""
        return oauth.consent_url(self.mailbox, redirect_uri=redirect_uri, state=state)

    def take_consent(self, *, code: str, redirect_uri: str) -> None:
        oauth.take_consent(self.account, code=code, redirect_uri=redirect_uri)

    def handover(self) -> Sequence[tuple[Text, str]]:
        mailbox = self.mailbox
        if mailbox.incoming == Incoming.ESP:
            return [
                (_("Web hook, for mail and for delivery news"), f"{settings.PUBLIC_URL}/hooks/{self.account.token}/")
            ]
        if mailbox.incoming == Incoming.HANDED:
            pipe = f"manage.py receive_mail --sender ${{sender}} --recipient {mailbox.address}"
            door = settings.MAIL_LISTEN or "manage.py mail_listener --port 2525 --lmtp"
            return [(_("Mail door (SMTP or LMTP)"), door), (_("Command for a pipe"), pipe)]
        return []


def _arrived_at(envelope: ReceivedEnvelope) -> datetime:
    stamp = parse_datetime(envelope.headers.get("X-Arrived", ""))
    return stamp or envelope.received_at
