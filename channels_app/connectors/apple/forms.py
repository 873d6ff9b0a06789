"""What an admin enters to connect a business."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.apple.msp import MSPS, secret_key


class AppleForm(forms.Form):
    """The provider (MSP) and the business behind it."""

    groups = (
        (_("Provider"), "", ("provider", "msp_id", "api_secret")),
        (_("Business"), "", ("business_id",)),
    )

    provider = forms.ChoiceField(
        label=_("Interface"), choices=[("apple", _("Apple's own (MSP REST API)"))], initial="apple"
    )
    msp_id = forms.CharField(
        label=_("MSP ID"), max_length=80, help_text=_("As Apple Business Register shows it to your provider.")
    )
    api_secret = forms.CharField(
        label=_("API secret"), max_length=300, help_text=_("In base64, exactly as Apple shows it.")
    )
    business_id = forms.CharField(
        label=_("Business ID"), max_length=80, help_text=_("Of the account of Messages for Business.")
    )

    def clean_provider(self) -> str:
        provider = self.cleaned_data["provider"]
        if provider not in MSPS:
            raise forms.ValidationError(_("This interface is not known."))
        return provider

    def clean_api_secret(self) -> str:
        secret = self.cleaned_data["api_secret"].strip()
        try:
            is_long_enough = not secret or len(secret_key(secret)) >= 16
        except ValueError:
            is_long_enough = False
        if not is_long_enough:
            raise forms.ValidationError(_("This is no secret of Apple's: it has to be base64."))
        return secret
