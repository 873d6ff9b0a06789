"""What an admin enters to connect a KakaoTalk channel's counsel talk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.allow_list import NetworksField

SECRETS = frozenset({"api_key", "client_secret", "admin_key"})
ROTATING = frozenset({"admin_key"})
BIZGO, HAPPYTALK = "bizgo", "happytalk"
RELAYS = [(BIZGO, _("Bizgo (Infobank)")), (HAPPYTALK, _("HappyTalk"))]
ENVIRONMENTS = [("", _("Live")), ("sandbox", _("Sandbox, to try it"))]


def secret_field(label: Any, **options: Any) -> forms.CharField:
    """A field that is entered once and never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, widget=widget, max_length=300, **options)


def sender_key_field() -> forms.RegexField:
    """The sender profile's key (발신프로필 키)."""
    return forms.RegexField(
        r"^[0-9A-Za-z]{20,64}$",
        label=_("Sender key"),
        help_text=_("The key of the sender profile, about 40 letters and digits. The dealer gives it."),
        error_messages={"invalid": _("A sender key is about 40 letters and digits.")},
    )


def public_id_field() -> forms.RegexField:
    """The KakaoTalk channel's public id, as in its address."""
    return forms.RegexField(
        r"^_[0-9A-Za-z]{3,30}$",
        label=_("Public id of the KakaoTalk channel"),
        required=False,
        help_text=_(
            "As in pf.kakao.com/_xoAbcd. With it, one customer stays one customer at your counsel talk and your chatbot."
        ),
        error_messages={"invalid": _("A public id begins with an underscore, as in _xoAbcd.")},
    )


class KakaoForm(forms.Form):
    """The sender profile, the relay's access, and who may deliver."""

    groups = (
        (_("KakaoTalk channel"), "", ("sender_key", "public_id", "relay", "environment")),
        (_("Bizgo"), "relay=bizgo", ("api_key",)),
        (_("HappyTalk"), "relay=happytalk", ("client_id", "client_secret")),
        (_("Web hooks"), "", ("networks", "admin_key")),
        (_("End of a consultation"), "", ("ends_sessions", "bot_event")),
    )

    sender_key = sender_key_field()
    public_id = public_id_field()
    relay = forms.ChoiceField(label=_("Dealer"), choices=RELAYS)
    environment = forms.ChoiceField(label=_("Environment"), choices=ENVIRONMENTS, required=False)
    api_key = secret_field(_("API key"), help_text=_("Bizgo also has to know the IP address of the desk."))
    client_id = forms.CharField(label=_("Client id"), required=False, max_length=100)
    client_secret = secret_field(_("Client secret"))
    networks = NetworksField()
    admin_key = secret_field(
        _("Admin key of Kakao Developers"),
        help_text=_(
            "Only to hear who adds or blocks the channel. The primary admin key of the app bound to the channel."
        ),
    )
    ends_sessions = forms.BooleanField(
        label=_("End the consultation when a conversation is resolved"),
        required=False,
        help_text=_("The customer then has to open it again before you can write."),
    )
    bot_event = forms.CharField(
        label=_("Then go on with this event of the chatbot"),
        required=False,
        max_length=100,
        help_text=_("The name of a block's event, for instance one that asks how it was."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen dealer needs."""
        if self.cleaned_data.get("relay") == HAPPYTALK and not self.cleaned_data.get("client_id"):
            self.add_error("client_id", _("This is needed for the way you chose."))
        return self.cleaned_data
