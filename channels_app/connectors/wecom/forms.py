"""What an admin enters to connect WeCom's customer service."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.wechat.forms import check_aes_key, secret_field, token_field

SECRETS = frozenset({"secret", "token", "aes_key"})
ROTATING = frozenset({"token", "aes_key"})


class WeComForm(forms.Form):
    """The company, the application that may use its customer service, and the application's callback."""

    groups = (
        (_("Company"), "", ("corp_id", "secret", "keeps_sessions")),
        (_("Callback"), "", ("token", "aes_key")),
    )

    corp_id = forms.RegexField(
        r"^w[wpx][0-9a-zA-Z]{8,30}$",
        label=_("CorpID"),
        help_text=_("In WeCom's console under “My Company”; it begins with ww."),
        error_messages={"invalid": _("A CorpID is ww and 16 letters and digits.")},
    )
    secret = secret_field(
        _("Secret"),
        min_length=16,
        max_length=100,
        help_text=_("Of the application that may use the accounts."),
    )
    keeps_sessions = forms.BooleanField(
        label=_("Keep conversations out of WeCom's own queue"),
        required=False,
        initial=True,
        help_text=_("Otherwise WeCom may hand them to somebody in its app, and nothing can be sent from here."),
    )
    token = token_field()
    aes_key = secret_field(_("EncodingAESKey"))

    def clean_aes_key(self) -> str:
        return check_aes_key(self.cleaned_data["aes_key"])
