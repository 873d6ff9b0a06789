"""What an admin enters to connect a bot."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.discord.inbound import bot_of


class DiscordForm(forms.Form):
    """A token, the channels to listen to, and the key of the web hook."""

    bot_token = forms.CharField(
        label=_("Bot token"),
        max_length=120,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Discord developer portal, your application, “Bot”, “Reset Token”."),
    )
    channels = forms.CharField(
        label=_("Channels of servers to listen to"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "One channel id a line (Discord, “Copy Channel ID”). Empty: direct messages, and what names the bot."
            " Switch on “Message Content Intent” in the developer portal first."
        ),
    )
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=64,
        required=False,
        help_text=_("“General Information”; only needed if you enter the interactions address there."),
    )

    def clean_bot_token(self) -> str:
        token = self.cleaned_data["bot_token"].strip()
        if token and (token.count(".") != 2 or not bot_of(token)):
            raise forms.ValidationError(_("This is no bot token: it has three parts with dots between them."))
        return token

    def clean_channels(self) -> str:
        ids = re.split(r"[\s,]+", self.cleaned_data["channels"].strip())
        if wrong := next((one for one in ids if one and not re.fullmatch(r"[0-9]{15,21}", one)), ""):
            raise forms.ValidationError(_("“%(id)s” is no channel id: it has 17 to 20 digits."), params={"id": wrong})
        return "\n".join(one for one in ids if one)

    def clean_public_key(self) -> str:
        key = self.cleaned_data["public_key"].strip().lower()
        if key and not re.fullmatch(r"[0-9a-f]{64}", key):
            raise forms.ValidationError(_("A public key has 64 letters and digits, a to f and 0 to 9."))
        return key
