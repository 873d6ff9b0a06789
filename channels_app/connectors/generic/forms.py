"""What an admin enters to connect a system of their own."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.standard_webhooks import PREFIX, key_of


class GenericForm(forms.Form):
    """Where the system is, what signs, what it may vouch for."""

    groups = (
        (_("Signing"), "", ("secret", "outgoing_secret")),
        (_("Your system"), "", ("url", "trusts_identities", "sends_typing", "sends_read")),
    )

    secret = forms.CharField(
        label=_("Signing secret"),
        max_length=120,
        help_text=_("Shared with your system. Make one by: echo whsec_$(openssl rand -base64 32)"),
    )
    outgoing_secret = forms.CharField(
        label=_("Another secret for what the desk sends"),
        max_length=120,
        required=False,
        help_text=_("Leave it empty to sign both ways with the same secret."),
    )
    url = forms.URLField(
        label=_("Address of your system"),
        assume_scheme="https",
        max_length=1000,
        required=False,
        help_text=_("The desk posts answers there. Without it, messages only come in."),
    )
    trusts_identities = forms.BooleanField(
        label=_("My system has verified e-mail addresses and phone numbers"),
        required=False,
        help_text=_(
            "Then its people are joined with customers who write from these. Otherwise agents see a suggestion."
        ),
    )
    sends_typing = forms.BooleanField(label=_("Tell it when an agent is writing"), required=False)
    sends_read = forms.BooleanField(label=_("Tell it what was read"), required=False)

    def clean_secret(self) -> str:
        return _checked(self.cleaned_data["secret"])

    def clean_outgoing_secret(self) -> str:
        return _checked(self.cleaned_data["outgoing_secret"])

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise forms.ValidationError(_("The address begins with https://."))
        return url


def _checked(secret: str) -> str:
    """A secret in the usual form; blank stays blank: what is stored is kept."""
    secret = secret.strip()
    if not secret:
        return ""
    try:
        key_of(secret)
    except ValueError as error:
        raise forms.ValidationError(_("A secret is whsec_ and 24 to 64 random bytes in base64.")) from error
    return PREFIX + secret.removeprefix(PREFIX)
