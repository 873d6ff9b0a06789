"""Web chat: visitors of a host site write in a panel that we serve; the host may vouch for them with a signed token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone
from channels_app.connectors.webchat import questions, tokens
from channels_app.connectors.webchat.forms import WebChatForm
from channels_app.connectors.webchat.origins import is_origin, matches
from channels_app.connectors.webchat.tokens import normal_email
from channels_app.contract import (
    Address,
    Capabilities,
    ContactUpdate,
    Inbound,
    InboundMessage,
    MediaLimit,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    Tile,
)
from channels_app.panel import (
    HostPerson,
    PanelAnswers,
    PanelConnector,
    PanelForm,
    PanelLook,
    PanelMessage,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024


class WebChatConnector(PanelConnector):
    """The desk's own chat on a host site. A send is done when it is stored: the visitor's panel pulls it."""

    kind = "webchat"
    label = _("Web chat")
    tile = Tile("ch ch--chat", icon="message-circle")
    capabilities = Capabilities(
        takes_whole=True,
        max_text=5000,
        media=(MediaLimit("", 20 * MEGABYTE),),
        max_files=10,
        sends_delivered=True,
        sends_read=True,
        shows_typing=True,
        is_send_idempotent=True,
        is_instant=True,
        identity_kind="webchat",
        follows_up_after=timedelta(minutes=3),
    )
    secret_fields: ClassVar[frozenset[str]] = frozenset({"signing_secrets"})

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return WebChatForm

    def admits(self, origin: str) -> bool:
        allowed = self.account.config.get("origins", [])
        return is_origin(origin) and any(matches(origin, pattern) for pattern in allowed)

    @property
    def admits_apps(self) -> bool:
        return bool(self.account.config.get("allows_apps"))

    def person(self, token: str) -> HostPerson:
        secrets = self.account.secrets.get("signing_secrets", [])
        keys = self.account.config.get("public_keys", "")
        return tokens.person(token, secrets=secrets, public_keys=keys, audience=self.account.token)

    def look(self) -> PanelLook:
        config = self.account.config
        fields = questions.before_chat(config)
        return PanelLook(
            brand=config.get("brand") or self.account.name,
            greeting=config.get("greeting") or str(_("Hello 👋\nHow can we help you?")),
            introduction=config.get("introduction", ""),
            colour=config.get("colour", ""),
            help=config.get("help", ""),
            links=config.get("links", []),
            offers_calls=bool(config.get("offers_calls")),
            fields=fields,
            consent=config.get("consent", "") if fields else "",
            consent_version=questions.version(config.get("consent", "")),
        )

    def form(self) -> PanelForm:
        return questions.form(self.account.config)

    def visitor_address(self, key: str, *, is_verified: bool = False) -> Address:
        return Address(self.kind, key, is_local=True, is_verified=is_verified)

    def pack(self, sent: PanelMessage | PanelAnswers) -> bytes:
        kind = "message" if isinstance(sent, PanelMessage) else "answers"
        return json.dumps({"type": kind, **asdict(sent)}, ensure_ascii=False).encode()

    def external_id(self, visitor: str, client_id: str) -> str:
        return f"{hashlib.sha256(visitor.encode()).hexdigest()[:24]}:{client_id}"

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        sent = json.loads(bytes(envelope.body))
        match sent.pop("type"):
            case "message":
                return [self._message(PanelMessage(**sent), envelope.received_at)]
            case "answers":
                return [self._contact(PanelAnswers(**sent), envelope.received_at)]
        return []

    def complaints(self, answers: Mapping[str, str], *, of: Sequence[str] = ()) -> dict[str, str]:
        look = self.look()
        wrong = {}
        for question in look.fields:
            if question.is_required and not of and not answers.get(question.name, "").strip():
                wrong[question.name] = str(_("Please fill this in."))
        email = answers.get("email", "").strip()
        if (email or "email" in of) and not normal_email(email):
            wrong["email"] = str(_("This is not an e-mail address. It looks like name@example.com."))
        if look.consent and not of and answers.get("consent") != look.consent_version:
            wrong["consent"] = str(_("Please tick the box, so that we may use what you write."))
        return wrong

    def _message(self, message: PanelMessage, received_at: datetime) -> InboundMessage:
        return InboundMessage(
            external_id=self.external_id(message.visitor, message.client_id),
            sender=self.visitor_address(message.visitor, is_verified=message.is_verified),
            text=message.text,
            subject=message.subject,
            sent_at=received_at,
            uploads=message.uploads,
            language=message.language,
            details={"page": message.page} if message.page else {},
        )

    def _consent(self, version: str, at: datetime) -> dict[str, str]:
        """What the customer agreed to, and when; the text itself unless it has been changed since."""
        wording = self.account.config.get("consent", "")
        text = wording if questions.version(wording) == version else ""
        return {"version": version, "at": at.isoformat(), "text": text}

    def _contact(self, sent: PanelAnswers, received_at: datetime) -> ContactUpdate:
        given: dict[str, Any] = {name: text.strip() for name, text in sent.answers.items() if text.strip()}
        email, name = normal_email(given.pop("email", "")), given.pop("name", "")
        claims = [Address("email", email)] if email else []
        with suppress(ValueError):
            claims.append(phone.typed(given.pop("phone", "")))
        if version := given.pop("consent", ""):
            given["consent"] = self._consent(version, received_at)
        return ContactUpdate(
            self.visitor_address(sent.visitor, is_verified=sent.is_verified),
            # A name typed into a form never replaces the one that the host vouches for.
            name="" if sent.is_verified else name[:160],
            facts=given,
            claims=claims,
        )

    def send(self, message: OutboundMessage) -> Receipt:
        return Receipt(external_id=message.delivery_key)

    def handover(self) -> Sequence[tuple[Text, str]]:
        desk, config = settings.PUBLIC_URL, self.account.config
        look = {"color": config.get("colour", ""), "position": config.get("position", "")}
        options = "".join(f' data-{name}="{value}"' for name, value in look.items() if value)
        return [
            (
                _("Put this on every page of your site"),
                f'<script async src="{desk}/w.js" data-channel="{self.account.token}"{options}></script>',
            ),
            (_("If the site has a content security policy, it needs"), f"script-src {desk}; frame-src {desk}"),
            (_("The chat alone in a window, to try it or to link to it"), f"{desk}/w/{self.account.token}/?popout"),
            (_("The same as a plain form, for a link"), f"{desk}/w/{self.account.token}/contact/"),
            *self._embedded(desk),
            (_("The audience (aud) of your signed tokens"), self.account.token),
            *([(_("The interface for your apps begins with"), f"{desk}/w/{self.account.token}/")] * self.admits_apps),
        ]

    def _embedded(self, desk: str) -> list[tuple[Text, str]]:
        """The form inside a page; a pattern of hosts names no single one that could frame it."""
        hosts = [origin for origin in self.account.config.get("origins", []) if "*" not in origin][:1]
        address = f"{desk}/w/{self.account.token}/contact/?o="
        label = _("The form inside a page, without JavaScript")
        return [
            (label, f'<iframe src="{address}{host}" title="…" width="100%" height="700"></iframe>') for host in hosts
        ]

    def check(self) -> None:
        """There is nothing outside that could fail."""
