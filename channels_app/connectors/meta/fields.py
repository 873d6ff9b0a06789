"""Form fields that every channel of Meta's asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

LEAST_TOKEN = 20


def secret(label: Any, **options: Any) -> forms.CharField:
    """A field that is never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, widget=widget, max_length=1000, **options)


class NumberField(forms.RegexField):
    """An id of Meta's: digits and nothing else."""

    def __init__(self, **options: Any) -> None:
        wrong = _("An id of Meta's is a number, such as 106540352242922.")
        super().__init__(r"^\d{5,25}$", error_messages={"invalid": wrong}, max_length=25, **options)


class VersionField(forms.RegexField):
    """The version of the interface, which every account pins for itself."""

    def __init__(self, initial: str) -> None:
        super().__init__(
            r"^v\d{1,2}\.\d$",
            label=_("Version of the interface"),
            initial=initial,
            required=False,
            empty_value=initial,
            error_messages={"invalid": _("A version looks like v24.0.")},
            help_text=_("Leave it as it is unless Meta's changelog asks for a newer one."),
        )


class MetaForm(forms.Form):
    """What every channel of Meta's needs: a token, the app's secret and, to check them, the app's id."""

    access_token = secret(_("Access token"))
    app_secret = secret(
        _("App secret"), help_text=_("App dashboard, Settings, Basic. It proves that web hooks come from Meta.")
    )
    app_id = NumberField(
        label=_("App id"),
        required=False,
        help_text=_("With it the desk registers its own address and checks what the token may do."),
    )

    def clean_access_token(self) -> str:
        token = self.cleaned_data["access_token"]
        if token and (len(token) < LEAST_TOKEN or not token.isascii() or token.split() != [token]):
            raise forms.ValidationError(_("This cannot be an access token. Copy all of it, without spaces."))
        return token

    def clean_app_secret(self) -> str:
        entered = self.cleaned_data["app_secret"]
        if entered and (not entered.isascii() or entered.split() != [entered]):
            raise forms.ValidationError(_("This cannot be an app secret. It has 32 letters and digits."))
        return entered


HUMAN_AGENT = forms.BooleanField(
    label=_("The app may use the human agent tag"),
    required=False,
    help_text=_("Meta grants it by App Review. People may then answer for 7 days instead of 24 hours."),
)
COMMENTS = forms.BooleanField(
    label=_("Bring in comments"), required=False, initial=True, help_text=_("What is said in public under your posts.")
)
