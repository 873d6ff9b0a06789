"""What one enters on the simulator's page."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.simulator import samples
from channels_app.simulator.doings import Act, Card, Doing, Place, Role, Upload
from channels_app.simulator.faults import Faults

LARGEST_FILE = 20 * 1024 * 1024
SEOUL = Place(37.5665, 126.978, "서울시청", "서울 중구 세종대로 110")
FRIEND = Card("박서아", "+821034110003")
FAULT_LABELS = {
    "delay_seconds": _("Hold web hooks back (seconds)"),
    "duplicate": _("Deliver everything twice"),
    "reorder": _("Deliver out of order"),
    "drop_receipts": _("Lose receipts"),
    "too_many_requests": _("Answer “too many requests”"),
    "server_error": _("Answer with an error"),
    "timeout_after_accept": _("Accept, then break the connection"),
    "expired_token": _("Take the token for expired"),
    "closed_window": _("Take the reply window for closed"),
    "bounce": _("Fail to deliver"),
}


class DoingForm(forms.Form):
    """One doing of the customer."""

    act = forms.ChoiceField(choices=[(act.value, act.value) for act in Act])
    text = forms.CharField(required=False, max_length=20_000, strip=False)
    target = forms.CharField(required=False, max_length=255)
    emoji = forms.CharField(required=False, max_length=40)
    choice = forms.CharField(required=False, max_length=300)
    role = forms.ChoiceField(required=False, choices=[(role.value, role.value) for role in Role])
    file = forms.FileField(required=False, allow_empty_file=False)

    def __init__(self, *args: Any, acts: frozenset[Act], **options: Any) -> None:
        super().__init__(*args, **options)
        self.acts = acts

    def clean_act(self) -> Act:
        act = Act(self.cleaned_data["act"])
        if act not in self.acts:
            raise forms.ValidationError(_("This channel does not know that."))
        return act

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        if entered.get("act") in (Act.TEXT, Act.EDIT, Act.COMMENT, Act.OUTSIDE) and not entered.get("text", "").strip():
            self.add_error("text", _("Write something first."))
        return entered

    def doing(self) -> Doing:
        """What was entered, for whoever plays it."""
        entered = self.cleaned_data
        act: Act = entered["act"]
        return Doing(
            act,
            "",
            text=entered["text"].replace("\r\n", "\n"),
            upload=self._upload() if act in (Act.MEDIA, Act.RECORD) else None,
            target=entered["target"],
            emoji=entered["emoji"],
            choice=entered["choice"],
            place=SEOUL if act is Act.LOCATION else None,
            card=FRIEND if act is Act.CONTACT else None,
        )

    def _upload(self) -> Upload:
        role = Role(self.cleaned_data["role"] or Role.VOICE)
        file = self.cleaned_data["file"]
        if not file:
            return samples.sample(role)
        return Upload(file.name, file.content_type or "application/octet-stream", file.read(), role)


class FaultsForm(forms.Form):
    """The switches: one for each of faults.Faults."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for one in fields(Faults):
            label = FAULT_LABELS[one.name]
            if one.name == "delay_seconds":
                self.fields[one.name] = forms.IntegerField(label=label, min_value=0, max_value=120, required=False)
            else:
                self.fields[one.name] = forms.BooleanField(label=label, required=False)

    def faults(self) -> dict[str, int | bool]:
        """What is on, and for how long it is held back."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class PersonForm(forms.Form):
    """Somebody new to play."""

    name = forms.CharField(label=_("Name"), max_length=80)
    phone = forms.RegexField(
        r"\+[1-9]\d{7,14}", label=_("Phone number"), max_length=16, help_text=_("With country code: +821012345678")
    )
    language = forms.CharField(required=False, max_length=8)
