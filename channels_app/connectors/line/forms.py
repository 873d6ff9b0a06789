"""What an admin enters to connect an official account."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

_HIDDEN = {"autocomplete": "new-password"}


class LineForm(forms.Form):
    """Two values of the Messaging API channel in the LINE Developers console."""

    channel_secret = forms.CharField(
        label=_("Channel secret"),
        max_length=64,
        widget=forms.PasswordInput(attrs=_HIDDEN),
        help_text=_("LINE Developers console, tab “Basic settings”. It proves that a message is from LINE."),
    )
    access_token = forms.CharField(
        label=_("Channel access token"),
        max_length=400,
        widget=forms.PasswordInput(attrs=_HIDDEN),
        help_text=_("Tab “Messaging API”, at its end; the long-lived one."),
    )

    def clean_channel_secret(self) -> str:
        secret = self.cleaned_data["channel_secret"].strip()
        if secret and not re.fullmatch(r"[0-9a-f]{32}", secret):
            raise forms.ValidationError(_("A channel secret has 32 letters and digits, a to f and 0 to 9."))
        return secret

    def clean_access_token(self) -> str:
        token = self.cleaned_data["access_token"].strip()
        if token and (len(token) < 80 or re.search(r"\s", token)):
            raise forms.ValidationError(
                _("This is no channel access token: it has more than 80 letters and no spaces.")
            )
        return token
