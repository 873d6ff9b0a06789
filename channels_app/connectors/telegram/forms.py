"""What an admin enters to connect a bot."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

WEBHOOK, POLLING = "webhook", "polling"
# The bot's number, a colon, and 35 letters; the length is from memory, so it may vary.
TOKEN = re.compile(r"^\d{5,20}:[A-Za-z0-9_-]{30,64}$")


class TelegramForm(forms.Form):
    """A token, and how messages come in."""

    bot_token = forms.CharField(
        label=_("Bot token"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Write /newbot to @BotFather on Telegram; it answers with the token."),
    )
    incoming = forms.ChoiceField(
        label=_("How messages come in"),
        choices=[
            (WEBHOOK, _("Telegram calls us (the desk has a public https address)")),
            (POLLING, _("We ask Telegram (works behind a firewall)")),
        ],
        initial=WEBHOOK,
    )

    def clean_bot_token(self) -> str:
        token = self.cleaned_data["bot_token"].strip()
        if token and not TOKEN.match(token):
            raise forms.ValidationError(
                _("This is no bot token. It looks like 123456789:AAE… with 35 letters after the colon.")
            )
        return token
