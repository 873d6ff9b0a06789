"""What an agent may correct about a customer."""

from typing import ClassVar
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


class CustomerForm(forms.ModelForm):
    """Name, language, zone, place, company, VIP, notes."""

    class Meta:
        model = Customer
        fields = ("name", "is_vip", "language", "time_zone", "place", "organisation", "notes")
        widgets: ClassVar = {
            "name": forms.TextInput(attrs={"dir": "auto"}),
            "place": forms.TextInput(attrs={"dir": "auto"}),
            "notes": forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
            "language": forms.TextInput(attrs={"list": "languages", "autocapitalize": "off", "spellcheck": "false"}),
            "time_zone": forms.TextInput(attrs={"list": "time-zones", "spellcheck": "false"}),
        }
        help_texts: ClassVar = {"notes": _("Only agents see this.")}

    languages = [code for code, _name in settings.LANGUAGES]

    def clean_time_zone(self) -> str:
        """Only zones that exist."""
        zone = self.cleaned_data["time_zone"]
        if zone and zone not in available_timezones():
            raise forms.ValidationError(_("“%(value)s” is not a time zone."), params={"value": zone})
        return zone


class CustomerSearchForm(forms.Form):
    """What the customer list is asked for."""

    q = forms.CharField(required=False, max_length=120, strip=True)
    vip = forms.BooleanField(required=False)
    before = forms.IntegerField(required=False, min_value=1)
