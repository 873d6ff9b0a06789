"""What callers meet, as an admin builds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from channels_app.voice.flow import CALL_BACK, DIGITS, HANG_UP, QUEUE, VOICEMAIL

ENDS = [(VOICEMAIL, _("Takes a message")), (CALL_BACK, _("Notes a call-back")), (HANG_UP, _("Hangs up"))]
GOES = [(QUEUE, _("Rings our agents")), *ENDS[:2]]
OF_EACH = _("Other languages below it, each on a line such as “en: Thank you for calling.”")
# Groups of the settings page, behind those of the provider.
GROUPS = (
    (_("Callers hear first"), "", ("language", "languages", "greeting")),
    (_("Outside business hours"), "", ("closed", "closed_goes")),
    (_("Menu"), "", tuple(name for key in DIGITS for name in (f"option_{key}", f"option_{key}_goes"))),
    (_("While they wait"), "", ("waiting", "music", "ring_seconds", "longest_wait", "wait_goes")),
    (_("Message and recording"), "", ("voicemail", "voicemail_seconds", "records")),
)


def spoken(label: Any, help_text: Any = OF_EACH) -> forms.CharField:
    """A text to be spoken, in one language or more."""
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=900, widget=forms.Textarea(attrs={"rows": 2})
    )


class FlowForm(forms.Form):
    """Greeting, languages, business hours, menu, queue, message: what is left empty has words of its own."""

    language = forms.ChoiceField(label=_("Main language"), choices=settings.LANGUAGES)
    languages = forms.MultipleChoiceField(
        label=_("Offered to callers whose language is not known"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With more than one the call begins with a choice."),
    )
    greeting = spoken(_("Greeting"))
    closed = spoken(_("When nobody is there"))
    closed_goes = forms.ChoiceField(label=_("Then the desk"), choices=ENDS, required=False)
    waiting = spoken(_("When all agents are on the phone"))
    music = forms.URLField(
        label=_("Music"),
        required=False,
        assume_scheme="https",
        help_text=_("Address of an MP3 of about half a minute; after it agents are rung again."),
    )
    ring_seconds = forms.IntegerField(
        label=_("Ring an agent for (seconds)"), required=False, min_value=5, max_value=60, initial=20
    )
    longest_wait = forms.IntegerField(
        label=_("Longest wait (minutes)"), required=False, min_value=1, max_value=60, initial=5
    )
    wait_goes = forms.ChoiceField(label=_("Then the desk"), choices=ENDS, required=False)
    voicemail = spoken(_("Before the tone"))
    voicemail_seconds = forms.IntegerField(
        label=_("Longest message (seconds)"), required=False, min_value=10, max_value=600, initial=120
    )
    records = forms.BooleanField(
        label=_("Record calls"),
        required=False,
        help_text=_("Callers are told so. Ask what the law of your country wants."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(dict(_options()))


def _options() -> Iterator[tuple[str, forms.Field]]:
    for key in DIGITS:
        title = spoken(
            _("Key %(key)s, what it is for") % {"key": key},
            _("One may also say it. Other languages behind a bar: 1st language | en: 2nd language"),
        )
        title.widget = forms.TextInput()
        yield f"option_{key}", title
        yield f"option_{key}_goes", forms.ChoiceField(label=_("Then the desk"), choices=GOES, required=False)
