"""The number that rings here, as an admin enters it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone


class OwnNumberForm(forms.Form):
    """A number of ours, however it is typed."""

    sender = forms.CharField(
        label=_("Number"), max_length=30, help_text=_("It rings here, and customers see it when called.")
    )
    region = phone.RegionField()

    def clean_sender(self) -> str:
        try:
            return phone.e164(self.cleaned_data["sender"], region=self.data.get("region", ""))
        except ValueError as error:
            raise forms.ValidationError(_("This is no telephone number. It looks like +821012345678.")) from error
