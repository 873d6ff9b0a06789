"""What an admin enters to connect an account at X."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class XForm(forms.Form):
    """The app at X's developer portal, and what it is to be told of."""

    groups = (
        (_("Your app at X"), "", ("client_id", "client_secret", "consumer_secret", "bearer_token")),
        (_("The account"), "", ("user_id", "takes_mentions")),
    )

    client_id = forms.CharField(label=_("Client ID"), max_length=120, help_text=_("Of OAuth 2.0, type “web app”."))
    client_secret = forms.CharField(label=_("Client secret"), max_length=120)
    consumer_secret = forms.CharField(
        label=_("API key secret"), max_length=120, help_text=_("Also called consumer secret; X signs with it.")
    )
    bearer_token = forms.CharField(
        label=_("Bearer token"), max_length=300, help_text=_("Of the app itself; web hooks are set up with it.")
    )
    user_id = forms.RegexField(
        r"^\d{1,20}$",
        label=_("Number of the account"),
        required=False,
        help_text=_("Found by itself when you sign in."),
        error_messages={"invalid": _("The number of an account is all digits. Its @name is something else.")},
    )
    takes_mentions = forms.BooleanField(
        label=_("Bring in public mentions"),
        required=False,
        help_text=_("They come in marked as public. X allows automatic replies only to who asked for them."),
    )
