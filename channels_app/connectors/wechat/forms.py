"""What an admin enters to connect a WeChat Official Account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.wechat_crypto import aes_key

SECRETS = frozenset({"app_secret", "token", "aes_key"})
ROTATING = frozenset({"token", "aes_key"})


def secret_field(label: Any, **options: Any) -> forms.CharField:
    """A field that is entered once and never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, widget=widget, **options)


def token_field() -> forms.CharField:
    """The word by which requests are signed."""
    return secret_field(
        _("Token"),
        min_length=3,
        max_length=32,
        help_text=_("3 to 32 letters and digits, the same as in the console, where you choose it."),
    )


def check_aes_key(entered: str) -> str:
    """Refuse what cannot be an EncodingAESKey; raises ValidationError."""
    try:
        if entered:
            aes_key(entered)
    except ValueError as error:
        raise forms.ValidationError(_("An EncodingAESKey has 43 letters and digits.")) from error
    return entered


class WeChatForm(forms.Form):
    """The account, and what its console shows under “Basic configuration”."""

    groups = (
        (_("Official Account"), "", ("appid", "app_secret", "kf_account")),
        (_("Server configuration"), "", ("token", "aes_key")),
        (_("Menu"), "", ("menu_keys",)),
    )

    appid = forms.RegexField(
        r"^wx[0-9a-zA-Z]{8,30}$",
        label=_("AppID"),
        help_text=_("It begins with wx."),
        error_messages={"invalid": _("An AppID is wx and 16 letters and digits.")},
    )
    app_secret = secret_field(_("AppSecret"), min_length=16, max_length=64)
    kf_account = forms.CharField(
        label=_("Customer service account"),
        required=False,
        max_length=100,
        help_text=_(
            "As in agent@account: its name and picture are shown beside your answers. Empty: the account's own."
        ),
    )
    token = token_field()
    aes_key = secret_field(
        _("EncodingAESKey"),
        required=False,
        help_text=_(
            "For the safe mode, which you should choose: without it anybody who sees a request could forge its text."
        ),
    )
    menu_keys = forms.CharField(
        label=_("Menu buttons that begin a conversation"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: the button's key, “=”, and what it says, as in contact = Talk to us."),
    )

    def clean_aes_key(self) -> str:
        return check_aes_key(self.cleaned_data["aes_key"])

    def clean_menu_keys(self) -> str:
        lines = self.cleaned_data["menu_keys"].splitlines()
        if any(line.strip() and not all(part.strip() for part in line.partition("=")[::2]) for line in lines):
            raise forms.ValidationError(_("Each line needs a key, “=” and a text."))
        return "\n".join(line.strip() for line in lines if line.strip())


def menu_titles(entered: str) -> dict[str, str]:
    """What menu buttons say, by their key."""
    pairs = (line.partition("=") for line in entered.splitlines() if "=" in line)
    return {key.strip(): title.strip() for key, _sign, title in pairs}
