"""What an admin entered for a mail channel, typed: addresses, how mail comes in, how it goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from channels_app.contract import Account
from channels_app.mail.addresses import is_one_of, normalise

PLACE = "{token}"


class Incoming(StrEnum):
    """By which door mail comes in."""

    IMAP = "imap"
    HANDED = "handed"
    ESP = "esp"


class Outgoing(StrEnum):
    """By which door mail goes out."""

    SMTP = "smtp"
    ESP = "esp"


class Security(StrEnum):
    """How a connection is kept private."""

    TLS = "tls"
    STARTTLS = "starttls"
    PLAIN = "plain"


class SignIn(StrEnum):
    """How we prove to the mail provider who we are."""

    PASSWORD = "password"  # noqa: S105
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    MICROSOFT_APP = "microsoft_app"


@dataclass(frozen=True)
class MailAccount:
    """One mail channel. Names of the fields are those of the settings form; secrets are included, never shown."""

    address: str = ""
    aliases: str = ""
    from_name: str = ""
    shows_agent: bool = True
    reply_address: str = ""
    has_tags: bool = True
    authserv_id: str = ""
    incoming: str = Incoming.IMAP
    outgoing: str = Outgoing.SMTP
    sign_in: str = SignIn.PASSWORD
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = Security.TLS
    imap_user: str = ""
    imap_password: str = ""
    imap_folder: str = "INBOX"
    import_days: int = 0
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = Security.STARTTLS
    smtp_user: str = ""
    smtp_password: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    oauth_tenant: str = ""
    oauth_refresh_token: str = ""
    esp: str = ""
    esp_api_key: str = ""
    esp_sender_domain: str = ""
    esp_webhook_key: str = ""

    @classmethod
    def of(cls, account: Account) -> MailAccount:
        """Read a channel's settings; what nobody entered has its default."""
        entered: dict[str, Any] = {**account.config, **account.secrets}
        known = {field.name: entered[field.name] for field in fields(cls) if entered.get(field.name) not in (None, "")}
        return cls(**known)

    @property
    def own_addresses(self) -> list[str]:
        """The mailbox and every alias that also leads into it."""
        others = self.aliases.replace(";", ",").replace("\n", ",").split(",")
        return [address for address in (self.address.strip(), *(other.strip() for other in others)) if address]

    @property
    def trusted_servers(self) -> list[str]:
        """Servers whose Authentication-Results count; "-" is Microsoft 365, which writes them without a name."""
        named = (name.strip() for name in self.authserv_id.split(","))
        return ["" if name == "-" else name for name in named if name]

    @property
    def domain(self) -> str:
        return normalise(self.address).rpartition("@")[2] or "localhost"

    def owns(self, address: str) -> bool:
        """Whether an address, with or without a tag, leads into this mailbox."""
        return is_one_of(address, self.own_addresses) or bool(self.token_in([address]))

    def reply_to(self, token: str) -> str:
        """The address to which an answer is to come; the plain mailbox where it cannot carry a token."""
        if not token:
            return self.address
        if PLACE in self.reply_address:
            return self.reply_address.replace(PLACE, token)
        if not self.has_tags:
            return self.reply_address or self.address
        local, _, domain = (self.reply_address or self.address).rpartition("@")
        return f"{local}+{token}@{domain}"

    def token_in(self, addresses: Iterable[str]) -> str:
        """The tag behind one of our addresses, or ""; whether it is one of our tokens is for its signer to say."""
        found = (self._tag(normalise(address)) for address in addresses)
        return next(filter(None, found), "")

    def _tag(self, address: str) -> str:
        if PLACE in self.reply_address:
            before, _, after = self.reply_address.lower().partition(PLACE)
            middle = address.removeprefix(before).removesuffix(after)
            return middle if address == f"{before}{middle}{after}" else ""
        bases = [self.reply_address, *self.own_addresses]
        local, _, tag = address.rpartition("@")[0].partition("+")
        base = f"{local}@{address.rpartition('@')[2]}"
        return tag if tag and base in {normalise(one) for one in bases if one} else ""
