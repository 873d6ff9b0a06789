"""How an agent adds a passkey: named, and by default good for signing in without a password."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):
    """The library's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the device")
        self.fields["passwordless"].label = _("Sign in without a password")
        self.fields["passwordless"].help_text = _("The device asks for your fingerprint, face or PIN instead.")
        self.fields["passwordless"].initial = True
