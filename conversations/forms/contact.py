"""The form for those without the chat: what the admin asks, the message, files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.panel import PanelField, PanelForm
from conversations.visits.uploads import complaint

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.forms.boundfield import BoundField

MOST_FILES = 5
LONGEST_ANSWER = 300
# Fields that have a meaning of their own; everything else is a question whose label goes with the answer.
NAMED = frozenset({"name", "email", "phone", "topic", "subject"})


class FilesInput(forms.FileInput):
    """Takes several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files that a visitor may leave: as many as can be, each of a kind that can be taken."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: list[UploadedFile] = [file for file in data or [] if file]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Attach five files at most."))
        for file in files:
            if wrong := complaint(file):
                raise forms.ValidationError(f"{file.name}: {wrong}")
        return files


class ContactForm(forms.Form):
    """`asked` are the admin's questions; those named in `known` are not asked of somebody of whom they are known."""

    text = forms.CharField(max_length=5000, widget=forms.Textarea)
    # People do not see it; programs fill it in.
    website = forms.CharField(required=False)
    client_id = forms.UUIDField()
    session = forms.CharField(required=False, max_length=1000)

    def __init__(self, asked: PanelForm, *args: Any, known: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = [question for question in asked.fields if question.name not in set(known)]
        for question in self.asked:
            self.fields[question.name] = _field(question)
        if asked.takes_files:
            self.fields["files"] = FilesField(required=False)
        if asked.consent:
            self.fields["consent"] = forms.BooleanField(
                error_messages={"required": _("Please tick the box, so that we may use what you write.")}
            )

    @property
    def questions(self) -> list[tuple[PanelField, BoundField]]:
        """What is asked beside the message, to be drawn."""
        return [(question, self[question.name]) for question in self.asked]

    def answers(self) -> dict[str, str]:
        """What was answered, by the names that connectors know, or by the question itself."""
        given = {
            question: str(self.cleaned_data[question.name]) for question in self.asked if question.name != "subject"
        }
        return {(question.name if question.name in NAMED else question.label): text for question, text in given.items()}


def _field(question: PanelField) -> forms.Field:
    if question.choices:
        choices = [("", ""), *((choice, choice) for choice in question.choices)]
        return forms.ChoiceField(choices=choices, required=question.is_required)
    if question.type == "email":
        return forms.EmailField(max_length=254, required=question.is_required)
    return forms.CharField(max_length=LONGEST_ANSWER, required=question.is_required)
