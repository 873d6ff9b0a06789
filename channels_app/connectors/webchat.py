"""Web chat: visitors of a host site write in a panel that we serve; the host may vouch for them with a signed token."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import jwt
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

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
    Rejected,
    Tile,
)
from channels_app.panel import HostPerson, PanelAnswers, PanelConnector, PanelField, PanelLook, PanelMessage

if TYPE_CHECKING:
    from channels_app.contract import Text

LONGEST_LIFE = timedelta(minutes=15)
LEEWAY = timedelta(seconds=60)
MEGABYTE = 1024 * 1024
EMAIL = re.compile(r"[^@\s,;<>()\[\]\"]{1,64}@[^@\s,;<>()\[\]\"]+\.[^@\s,;<>()\[\]\"]{2,}")
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
FIELD_CHOICES = [("", _("Not asked")), ("optional", _("Asked")), ("required", _("Required"))]
# White text on the visitor's colour needs this contrast (WCAG 2.2, 1.4.3).
NEEDED_CONTRAST = 4.5


class WebChatConnector(PanelConnector):
    """The desk's own chat on a host site. A send is done when it is stored: the visitor's panel pulls it."""

    kind = "webchat"
    label = _("Web chat")
    tile = Tile("ch ch--chat", icon="message-circle")
    capabilities = Capabilities(
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
        return is_origin(origin) and any(_matches(origin, pattern) for pattern in allowed)

    def person(self, token: str) -> HostPerson:
        if len(token) > 8000:
            raise Rejected("the token is too long")
        for key, algorithm in self._keys():
            try:
                claims = self._claims(token, key, algorithm)
            except jwt.InvalidKeyError as error:
                raise Rejected("a signing key of this channel is broken") from error
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise Rejected(str(error)) from error
            return _person(claims, token)
        raise Rejected("no key of this channel signed the token")

    def look(self) -> PanelLook:
        config = self.account.config
        fields = tuple(question for question in _questions(config) if question is not None)
        return PanelLook(
            brand=config.get("brand") or self.account.name,
            greeting=config.get("greeting") or str(_("Hello 👋\nHow can we help you?")),
            introduction=config.get("introduction", ""),
            colour=config.get("colour", ""),
            help=config.get("help", ""),
            links=config.get("links", []),
            fields=fields,
            consent=config.get("consent", "") if fields else "",
            consent_version=hashlib.sha256(config.get("consent", "").encode()).hexdigest()[:12],
        )

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
            sent_at=received_at,
            uploads=message.uploads,
            language=message.language,
            details={"page": message.page} if message.page else {},
        )

    def _contact(self, sent: PanelAnswers, received_at: datetime) -> ContactUpdate:
        given = {name: text.strip() for name, text in sent.answers.items() if text.strip()}
        email, name = normal_email(given.pop("email", "")), given.pop("name", "")
        if version := given.pop("consent", ""):
            given["consent"] = f"{version} {received_at:%Y-%m-%dT%H:%M:%SZ}"
        return ContactUpdate(
            self.visitor_address(sent.visitor, is_verified=sent.is_verified),
            # A name typed into a form never replaces the one that the host vouches for.
            name="" if sent.is_verified else name[:160],
            facts=given,
            claims=[Address("email", email)] if email else [],
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
            (_("The audience (aud) of your signed tokens"), self.account.token),
        ]

    def check(self) -> None:
        """There is nothing outside that could fail."""

    def _keys(self) -> list[tuple[str, str]]:
        shared = [(secret, "HS256") for secret in self.account.secrets.get("signing_secrets", [])]
        return shared + [(key, "RS256") for key in PEM.findall(self.account.config.get("public_keys", ""))]

    def _claims(self, token: str, key: str, algorithm: str) -> dict[str, Any]:
        # One algorithm for each key: a public key must never be taken for a shared secret.
        if jwt.get_unverified_header(token).get("alg") != algorithm:
            raise jwt.InvalidSignatureError
        required = ["exp", "iat", "sub", "aud"]
        return jwt.decode(
            token, key, [algorithm], audience=self.account.token, leeway=LEEWAY, options={"require": required}
        )


def _person(claims: dict[str, Any], token: str) -> HostPerson:
    life = timedelta(seconds=claims["exp"] - claims["iat"])
    if life > LONGEST_LIFE:
        raise Rejected("the token lives longer than 15 minutes")
    email = normal_email(str(claims.get("email") or "")) if claims.get("email_verified", True) is True else ""
    return HostPerson(
        subject=str(claims["sub"])[:200],
        # A host that names no jti can still use each token only once.
        token_id=hashlib.sha256(str(claims.get("jti") or token).encode()).hexdigest(),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY,
        name=str(claims.get("name") or "")[:160],
        proven=[Address("email", email, is_verified=True)] if email else [],
    )


def normal_email(text: str) -> str:
    """An e-mail address as identities keep it; blank for what is none."""
    text = text.strip()
    return text.lower() if len(text) <= 254 and EMAIL.fullmatch(text) else ""


def is_origin(text: str) -> bool:
    """Whether a text is a web origin: scheme, host and perhaps a port, nothing else."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in ("http", "https") and parts.hostname and text == f"{parts.scheme}://{parts.netloc}"
        ) and not re.search(r"[\s;,'\"@*\\]", parts.netloc)
    except ValueError:
        return False


def _matches(origin: str, pattern: str) -> bool:
    """A pattern is an origin, or one whose host begins with `*.` and stands for every subdomain."""
    scheme, _sep, host = pattern.partition("://*.")
    return origin == pattern or bool(host and origin.startswith(f"{scheme}://") and origin.endswith(f".{host}"))


def _questions(config: dict[str, Any]) -> list[PanelField | None]:
    def wanted(name: str) -> str:
        return config.get(f"ask_{name}", "")

    def question(name: str, label: str, **more: Any) -> PanelField | None:
        return PanelField(name, label, is_required=wanted(name) == "required", **more) if wanted(name) else None

    topics = config.get("topics", [])
    return [
        question("name", str(_("Your name")), autocomplete="name"),
        question("email", str(_("Your e-mail address")), type="email", autocomplete="email"),
        question("topic", str(_("What is it about?")), type="radio", choices=topics) if topics else None,
    ]


def contrast_with_white(colour: str) -> float:
    """The contrast of white text on a colour such as #2754c5, by WCAG's relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


class Lines(forms.Field):
    """A text area of which each line is one entry."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class WebChatForm(forms.Form):
    """What an admin decides about a widget."""

    groups = (
        (_("Where"), "", ("origins", "position", "colour")),
        (_("What visitors read"), "", ("brand", "greeting", "introduction", "help")),
        (_("Asked before the first message"), "", ("ask_name", "ask_email", "ask_topic", "topics", "consent")),
        (_("Visitors whom your site has signed in"), "", ("signing_secrets", "public_keys")),
    )

    origins = Lines(
        label=_("Allowed sites"),
        help_text=_("One a line, such as https://shop.example.com or https://*.example.com. Nobody else can show it."),
    )
    brand = forms.CharField(label=_("Name shown to visitors"), max_length=60, required=False)
    greeting = forms.CharField(
        label=_("Greeting"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    introduction = forms.CharField(label=_("Introduction"), max_length=300, required=False)
    help = forms.CharField(
        label=_("Good to know"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$",
        label=_("Colour"),
        required=False,
        initial="#2754c5",
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    position = forms.ChoiceField(
        label=_("Position"), required=False, choices=[("end", _("Bottom right")), ("start", _("Bottom left"))]
    )
    ask_name = forms.ChoiceField(label=_("Name"), required=False, choices=FIELD_CHOICES)
    ask_email = forms.ChoiceField(label=_("E-mail address"), required=False, choices=FIELD_CHOICES)
    ask_topic = forms.ChoiceField(label=_("Topic"), required=False, choices=FIELD_CHOICES)
    topics = Lines(label=_("Topics"), required=False, help_text=_("One a line"))
    consent = forms.CharField(
        label=_("Consent text"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown with an empty box that has to be ticked; kept with its version."),
    )
    signing_secrets = Lines(
        label=_("Signing secrets (HS256)"),
        required=False,
        help_text=_("At least 32 characters each. Several may be valid while you change them."),
    )
    public_keys = forms.CharField(
        label=_("Public key (RS256, PEM)"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_origins(self) -> list[str]:
        for origin in self.cleaned_data["origins"]:
            if not is_origin(origin.replace("://*.", "://")):
                raise forms.ValidationError(
                    _("“%(origin)s” is not a web origin such as https://shop.example.com."), params={"origin": origin}
                )
        return self.cleaned_data["origins"]

    def clean_colour(self) -> str:
        colour = self.cleaned_data["colour"]
        if colour and contrast_with_white(colour) < NEEDED_CONTRAST:
            raise forms.ValidationError(_("White text could not be read on this colour. Choose a darker one."))
        return colour

    def clean_signing_secrets(self) -> list[str]:
        if any(len(secret) < 32 for secret in self.cleaned_data["signing_secrets"]):
            raise forms.ValidationError(_("A signing secret needs at least 32 characters."))
        return self.cleaned_data["signing_secrets"]
