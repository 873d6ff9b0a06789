"""Video calls by a link: Jitsi as it comes, one's own Jitsi with tokens, 8x8's Jitsi as a Service, or Vonage Video."""

from __future__ import annotations

import secrets as random
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.video import jitsi, vonage
from channels_app.connectors.vonage import tokens
from channels_app.connectors.vonage.forms import is_rsa
from channels_app.contract import Capabilities, Connector, Inbound, ReceivedEnvelope, Tile
from channels_app.contract.rooms import Guest, Room, Seat

JITSI, JAAS, VONAGE = "jitsi", "jaas", "vonage"
PROVIDERS = [(JITSI, "Jitsi Meet"), (JAAS, "JaaS (8x8.vc)"), (VONAGE, "Vonage Video")]
# 192 bits: whoever does not have the link does not find the room.
NAME_BYTES = 24


def _key(label: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, widget=area)


class VideoForm(forms.Form):
    """Who provides the rooms; only the fields of the provider that was chosen are needed."""

    groups = (
        (_("Provider"), "", ("provider",)),
        ("Jitsi Meet", "provider=jitsi", ("server", "app_id", "app_secret", "tenant", "audience")),
        ("JaaS", "provider=jaas", ("jaas_app_id", "jaas_key_id", "jaas_private_key")),
        ("Vonage Video", "provider=vonage", ("application_id", "private_key")),
    )

    provider = forms.ChoiceField(label=_("Provider"), choices=PROVIDERS)
    server = forms.URLField(
        label=_("Server"),
        required=False,
        assume_scheme="https",
        initial="https://meet.jit.si",
        help_text=_("Your own is better: meet.jit.si asks the first to enter to sign in."),
    )
    app_id = forms.CharField(
        label=_("App id"), required=False, max_length=100, help_text=_("Only where the server wants tokens.")
    )
    app_secret = forms.CharField(
        label=_("App secret"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    tenant = forms.CharField(label=_("Subject (sub)"), required=False, max_length=100)
    audience = forms.CharField(label=_("Audience (aud)"), required=False, max_length=100)
    jaas_app_id = forms.CharField(
        label=_("App id"), required=False, max_length=100, help_text=_("It begins with vpaas-magic-cookie-.")
    )
    jaas_key_id = forms.CharField(label=_("Key id"), required=False, max_length=100)
    jaas_private_key = _key(_("Private key"))
    application_id = forms.UUIDField(label=_("Application id"), required=False)
    private_key = _key(_("Private key of the application"))

    def clean_server(self) -> str:
        return self.cleaned_data["server"].rstrip("/")

    def clean_application_id(self) -> str:
        return str(self.cleaned_data["application_id"] or "")

    def clean_jaas_private_key(self) -> str:
        return self._clean_key("jaas_private_key")

    def clean_private_key(self) -> str:
        return self._clean_key("private_key")

    def _clean_key(self, name: str) -> str:
        key = self.cleaned_data[name].strip()
        if key and not is_rsa(key):
            raise forms.ValidationError(_("This is no private key. It begins with -----BEGIN PRIVATE KEY-----."))
        return key

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen provider needs."""
        entered = self.cleaned_data
        needed = {JAAS: ("jaas_app_id", "jaas_key_id"), VONAGE: ("application_id",)}.get(
            entered.get("provider", ""), ()
        )
        for name in needed:
            if not entered.get(name):
                self.add_error(name, _("This is needed for the way you chose."))
        return entered


class VideoConnector(Connector):
    """Makes rooms; what is said in them does not pass through the desk."""

    kind = "video"
    label = _("Video calls")
    tile = Tile("ch ch--phone", icon="video")
    capabilities = Capabilities(makes_rooms=True)
    # The script's address: recall; its major version alone is pinned, as Vonage asks.
    endpoints = {
        "vonage": "https://video.api.vonage.com",
        "vonage_script": "https://unpkg.com/@vonage/client-sdk-video@2/dist/js/opentok.js",
    }
    secret_fields: ClassVar[frozenset[str]] = frozenset({"app_secret", "jaas_private_key", "private_key"})

    @property
    def provider(self) -> str:
        return self.account.config.get("provider") or JITSI

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return VideoForm

    def authenticate(self, request: HttpRequest) -> None:
        """Only Vonage tells of its sessions, and signs as for messages; all others have nothing to say here."""
        tokens.authenticate(self, request)

    def parse(self, envelope: ReceivedEnvelope) -> list[Inbound]:
        return []

    def open_room(self) -> Room:
        """A new room that nobody can guess; raises DeliveryError."""
        details = vonage.open_session(self) if self.provider == VONAGE else {}
        return Room(random.token_urlsafe(NAME_BYTES).replace("_", "-"), {"provider": self.provider, **details})

    def seat(self, room: Room, guest: Guest, until: datetime) -> Seat:
        """How a guest enters; raises DeliveryError. A room stays with the provider that made it."""
        config, secrets = self.account.config, self.account.secrets
        match room.details.get("provider"):
            case "vonage":
                return vonage.seat(self, room, guest, until)
            case "jaas":
                return Seat(until, jitsi.jaas_address(config, secrets, room, guest, until))
        return Seat(until, jitsi.address(config, secrets, room, guest, until))

    def check(self) -> None:
        """Make a room, which costs nothing, and a seat in it."""
        self.seat(self.open_room(), Guest("check", "check"), datetime.fromtimestamp(2**31 - 1).astimezone())
