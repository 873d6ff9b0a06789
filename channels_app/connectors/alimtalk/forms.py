"""What an admin enters to connect Alimtalk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.allow_list import NetworksField
from channels_app.connectors.kakao.forms import ENVIRONMENTS, secret_field, sender_key_field

SECRETS = frozenset({"api_key", "webhook_secret"})
ROTATING = frozenset({"webhook_secret"})


class AlimtalkForm(forms.Form):
    """The sender profile, Bizgo's access, and the short message that goes where KakaoTalk does not reach."""

    groups = (
        (_("Sender"), "", ("sender_key", "api_key", "environment")),
        (_("Delivery reports"), "", ("webhook_secret", "networks")),
        (_("Where KakaoTalk does not reach"), "", ("falls_back", "sms_sender")),
    )

    sender_key = sender_key_field()
    api_key = secret_field(_("API key"), help_text=_("Bizgo also has to know the IP address of the desk."))
    environment = forms.ChoiceField(label=_("Environment"), choices=ENVIRONMENTS, required=False)
    webhook_secret = secret_field(
        _("Secret of the web hook"), help_text=_("Bizgo gives it on request. Without it no delivery reports come in.")
    )
    networks = NetworksField()
    falls_back = forms.BooleanField(
        label=_("Send the same words as a text message instead"),
        required=False,
        help_text=_(
            "Where a number has no KakaoTalk or has blocked the channel. Up to 90 bytes as SMS, longer ones as LMS."
        ),
    )
    sms_sender = forms.RegexField(
        r"^[0-9]{8,12}$",
        label=_("Sender's number"),
        required=False,
        help_text=_("Digits only; a number that is registered with Bizgo."),
        error_messages={"invalid": _("Digits only, as in 0212345678.")},
    )

    def clean(self) -> dict[str, Any]:
        """A text message needs a number to come from."""
        if self.cleaned_data.get("falls_back") and not self.cleaned_data.get("sms_sender"):
            self.add_error("sms_sender", _("This is needed for the way you chose."))
        return self.cleaned_data
