"""What an admin enters to connect a workspace."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

_HIDDEN = {"autocomplete": "new-password"}


class SlackForm(forms.Form):
    """Two values of an app that the workspace has installed."""

    signing_secret = forms.CharField(
        label=_("Signing secret"),
        max_length=64,
        widget=forms.PasswordInput(attrs=_HIDDEN),
        help_text=_("api.slack.com/apps, your app, “Basic Information”. It proves that an event is from Slack."),
    )
    bot_token = forms.CharField(
        label=_("Bot token"),
        max_length=200,
        widget=forms.PasswordInput(attrs=_HIDDEN),
        help_text=_("“OAuth & Permissions”, after the app was installed; it begins with xoxb-."),
    )

    def clean_signing_secret(self) -> str:
        secret = self.cleaned_data["signing_secret"].strip()
        if secret and not re.fullmatch(r"[0-9a-f]{32}", secret):
            raise forms.ValidationError(_("A signing secret has 32 letters and digits, a to f and 0 to 9."))
        return secret

    def clean_bot_token(self) -> str:
        token = self.cleaned_data["bot_token"].strip()
        if token and not re.fullmatch(r"xox[be]\.?[\w.-]{20,190}", token):
            raise forms.ValidationError(_("This is no bot token: it begins with xoxb-."))
        return token
