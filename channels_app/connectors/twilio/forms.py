"""What an admin enters to connect a Twilio account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone

SECRETS = frozenset({"auth_token", "api_secret", "shared_key"})
ROTATING = frozenset({"auth_token", "shared_key"})


def secret(label: Any, **options: Any) -> forms.CharField:
    """A field that is entered once and never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, widget=widget, max_length=200, **options)


class TwilioAccountForm(forms.Form):
    """The account and its keys, for messages and calls alike."""

    account_sid = forms.RegexField(
        r"^AC[0-9a-fA-F]{32}$",
        label=_("Account SID"),
        help_text=_("On the first page of Twilio's console; it begins with AC."),
        error_messages={"invalid": _("An account SID is AC and 32 digits and letters from a to f.")},
    )
    auth_token = secret(
        _("Auth token"), help_text=_("Beside the account SID. By it we know that a request is Twilio's.")
    )
    api_key = forms.RegexField(
        r"^SK[0-9a-fA-F]{32}$",
        label=_("API key SID"),
        required=False,
        help_text=_("Better than the auth token for sending, since it can be withdrawn alone; it begins with SK."),
        error_messages={"invalid": _("An API key SID is SK and 32 digits and letters from a to f.")},
    )
    api_secret = secret(_("Secret of the API key"))
    shared_key = secret(
        _("Shared key for web hooks"), help_text=_("Only where the account signs its web hooks with SHA-256.")
    )


class TwilioForm(TwilioAccountForm):
    """A sender of text messages, of WhatsApp or of RCS."""

    groups = (
        (_("Account"), "", ("account_sid", "auth_token", "api_key", "api_secret", "shared_key")),
        (_("Sender"), "", ("sender", "region", "has_mms")),
    )

    sender = forms.CharField(
        label=_("Sender"),
        max_length=100,
        help_text=_(
            "A number (+821012345678), a messaging service (MG…), whatsapp:+821012345678, or rcs: and the agent's name."
        ),
    )
    region = phone.RegionField()
    has_mms = forms.BooleanField(
        label=_("The number sends pictures (MMS)"),
        required=False,
        help_text=_("Mainly in the United States, Canada and Australia. Elsewhere files go as links."),
    )

    def clean_sender(self) -> str:
        sender = self.cleaned_data["sender"].strip()
        network, colon, rest = sender.rpartition(":")
        if colon and network not in ("whatsapp", "rcs"):
            raise forms.ValidationError(_("Before the colon stands whatsapp or rcs."))
        if network == "rcs" or (not colon and (sender.startswith("MG") or _is_short(sender))):
            return sender
        try:
            return f"{network}{colon}{phone.e164(rest, region=self.data.get('region', ''))}"
        except ValueError as error:
            raise forms.ValidationError(_("This is no telephone number. It looks like +821012345678.")) from error


def _is_short(sender: str) -> bool:
    """A short code, or a name of letters to which nobody can answer."""
    return (sender.isdigit() and len(sender) < phone.LEAST_DIGITS) or (sender.isalnum() and not sender.isdigit())
