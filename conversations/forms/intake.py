"""What the desk does with that which comes in on a channel, as an admin enters it."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from conversations.hours import DAYS
from conversations.models import Intake

SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–~]\s*(\d{1,2}:\d{2})")


class Spans(forms.CharField):
    """Times of one day, such as `10:00-18:00` or `9:00-12:00, 13:00-18:00`."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{start}-{end}" for start, end in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[list[str]]:
        text = super().clean(value)
        spans = [_span(part) for part in re.split(r"[,;]", text) if part.strip()]
        if any(span is None for span in spans):
            raise forms.ValidationError(_("Write times like 10:00-18:00."))
        return [span for span in spans if span]


def _span(text: str) -> list[str] | None:
    found = SPAN.fullmatch(text.strip())
    if not found:
        return None
    try:
        start = time.fromisoformat(found[1].rjust(5, "0"))
        end = None if found[2] == "24:00" else time.fromisoformat(found[2].rjust(5, "0"))
    except ValueError:
        return None
    return [f"{start:%H:%M}", f"{end:%H:%M}" if end else "24:00"]


class IntakeForm(forms.ModelForm):
    """One intake; a day without times is a day off, a week without any is always open."""

    class Meta:
        model = Intake
        fields = ["team", "reply_within_minutes", "reopen_days", "greeting", "signature"]
        widgets = {"greeting": forms.Textarea(attrs={"rows": 2}), "signature": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for number, day in enumerate(DAYS):
            initial = self.instance.hours.get(day, [])
            self.fields[day] = Spans(label=WEEKDAYS[number], required=False, max_length=100, initial=initial)

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[day] for day in DAYS]

    def save(self, commit: bool = True) -> Intake:
        self.instance.hours = {day: self.cleaned_data[day] for day in DAYS if self.cleaned_data[day]}
        return super().save(commit)
