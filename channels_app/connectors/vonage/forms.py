"""What an admin enters to connect an application of Vonage's."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone
from channels_app.connectors.vonage.networks import LABELS

SECRETS = frozenset({"signature_secret", "private_key"})
ROTATING = frozenset({"signature_secret"})


class VonageApplicationForm(forms.Form):
    """The application and its keys, for messages, calls and video alike."""

    application_id = forms.UUIDField(
        label=_("Application id"),
        help_text=_("Vonage dashboard → Applications; it looks like 78d335fa-323d-0114-9c3d-…."),
    )
    api_key = forms.RegexField(
        r"^[0-9a-zA-Z]{6,16}$",
        label=_("API key"),
        help_text=_("On the first page of Vonage's dashboard."),
        error_messages={"invalid": _("An API key is eight digits and letters.")},
    )
    signature_secret = forms.CharField(
        label=_("Signature secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        help_text=_("In the account's API settings. By it we know that a request is Vonage's."),
    )
    private_key = forms.CharField(
        label=_("Private key of the application"),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The whole file private.key, with its first and last line."),
    )

    def clean_application_id(self) -> str:
        return str(self.cleaned_data["application_id"])

    def clean_private_key(self) -> str:
        key = self.cleaned_data["private_key"].strip()
        if key and not is_rsa(key):
            raise forms.ValidationError(_("This is no private key. It begins with -----BEGIN PRIVATE KEY-----."))
        return key


class VonageForm(VonageApplicationForm):
    """One sender on one of the networks."""

    groups = (
        (_("Application"), "", ("application_id", "api_key", "signature_secret", "private_key")),
        (_("Sender"), "", ("network", "sender", "region", "home")),
        ("WhatsApp", "network=whatsapp", ("waba_id", "namespace")),
    )

    network = forms.ChoiceField(label=_("Network"), choices=list(LABELS.items()))
    sender = forms.CharField(
        label=_("Sender"),
        max_length=60,
        help_text=_("A number; for Messenger the page's id, for Viber the service's id, for RCS the agent's name."),
    )
    region = phone.RegionField()
    home = forms.ChoiceField(
        label=_("Vonage's servers"),
        required=False,
        choices=[("", _("Nearest")), ("eu", _("Europe")), ("us", _("United States")), ("ap", _("Asia and Pacific"))],
    )
    waba_id = forms.CharField(
        label=_("WhatsApp business account"),
        required=False,
        max_length=40,
        help_text=_("Its id, so that approved templates can be listed."),
    )
    namespace = forms.CharField(label=_("Namespace of the templates"), required=False, max_length=80)

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        sender = entered.get("sender", "").strip()
        if entered.get("network") == "whatsapp":
            try:
                sender = phone.e164(sender, region=entered.get("region", ""))
            except ValueError:
                self.add_error("sender", _("This is no telephone number. It looks like +821012345678."))
        return {**entered, "sender": sender}


def is_rsa(pem: str) -> bool:
    """Whether this is a private key that RS256 signs with."""
    try:
        return isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
