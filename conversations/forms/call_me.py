"""A visitor asks to be called: at which number, when, about what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel


class CallMeForm(forms.Form):
    """`slots` are the times that are offered beside "as soon as possible"."""

    number = forms.CharField(label=_("Your telephone number"), max_length=40)
    when = forms.ChoiceField(label=_("When may we call?"), required=False)
    topic = forms.CharField(label=_("What is it about?"), max_length=300, required=False)
    # People do not see it; programs fill it in.
    website = forms.CharField(required=False)
    client_id = forms.UUIDField()

    def __init__(self, channel: Channel, slots: Sequence[datetime], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        offered = [(slot.isoformat(), date_format(timezone.localtime(slot), "D j M, H:i")) for slot in slots]
        self.fields["when"].choices = [("", _("As soon as possible")), *offered]  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        """The number in one form; the channel knows in which country it is meant."""
        try:
            return self.channel.connector.address_of(self.cleaned_data["number"]).value
        except ValueError as error:
            raise forms.ValidationError(_("This is no telephone number. It looks like 010-1234-5678.")) from error

    def clean_when(self) -> datetime | None:
        return parse_datetime(self.cleaned_data["when"]) if self.cleaned_data["when"] else None
