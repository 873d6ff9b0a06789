"""What an agent may set for themselves."""

import re
from itertools import groupby
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.models import User

PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """IANA zones in groups by region, for a select."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    regions = groupby(zones, key=lambda zone: zone.partition("/")[0])
    return [(region, [(zone, zone.replace("_", " ")) for zone in members]) for region, members in regions]


class PreferencesForm(forms.ModelForm):
    """Name, language, time zone, look, keyboard, signature, availability."""

    class Meta:
        model = User
        fields = (
            "name",
            "availability",
            "phone",
            "language",
            "time_zone",
            "theme",
            "density",
            "shortcuts",
            "enter_sends",
            "signature",
        )
        widgets: ClassVar = {
            "availability": forms.RadioSelect,
            "theme": forms.RadioSelect,
            "density": forms.RadioSelect,
            "shortcuts": forms.RadioSelect,
            "time_zone": forms.Select,
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "dir": "ltr"}),
            "signature": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        }
        help_texts: ClassVar = {
            "name": _("Customers and colleagues see this name."),
            "phone": _(
                "With the country's code, such as +821012345678. Calls to customers ring here first, and customers' calls"
                " are passed on to it."
            ),
            "time_zone": _("Times on your screen, and “tomorrow at 9”, follow this zone."),
            "enter_sends": _("Otherwise Enter starts a new line and Ctrl or ⌘ with Enter sends."),
            "shortcuts": _("Keys act outside text fields only."),
            "signature": _("Added below your e-mail replies."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.choices = time_zone_choices()
        self.fields["phone"].label = _("My telephone")

    def clean_phone(self) -> str:
        """One form for a number, whatever signs it was typed with (E.164)."""
        typed = self.cleaned_data["phone"]
        number = "".join(sign for sign in typed if sign.isdigit() or sign == "+")
        if typed.strip() and not PHONE.fullmatch(number):
            raise forms.ValidationError(_("A telephone number begins with + and the country's code."))
        return number


class LookForm(forms.ModelForm):
    """One switch of the personal menu: only the fields that were sent are changed."""

    class Meta:
        model = User
        fields = ("theme", "density", "availability")

    def __init__(self, data: dict[str, str], *, instance: User) -> None:
        super().__init__(data, instance=instance)
        for name in self.Meta.fields:
            if name not in data:
                del self.fields[name]
