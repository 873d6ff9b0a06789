"""What an admin decides about a widget."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.webchat.origins import is_origin

FIELD_CHOICES = [("", _("Not asked")), ("optional", _("Asked")), ("required", _("Required"))]
MOST_QUESTIONS = 10
# White text on the visitor's colour needs this contrast (WCAG 2.2, 1.4.3).
NEEDED_CONTRAST = 4.5


def contrast_with_white(colour: str) -> float:
    """The contrast of white text on a colour such as #2754c5, by WCAG's relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


class Lines(forms.Field):
    """A text area of which each line is one entry."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class WebChatForm(forms.Form):
    """What an admin decides about a widget."""

    groups = (
        (_("Where"), "", ("origins", "position", "colour")),
        (_("What visitors read"), "", ("brand", "greeting", "introduction", "help", "offers_calls")),
        (_("Asked before the first message"), "", ("ask_name", "ask_email", "ask_topic", "topics", "consent")),
        (_("Visitors whom your site has signed in"), "", ("signing_secrets", "public_keys")),
        (_("Your own apps"), "", ("allows_apps",)),
        (
            _("The form for those without the chat"),
            "",
            (
                "form_title",
                "form_introduction",
                "form_name",
                "form_email",
                "form_phone",
                "form_topic",
                "form_subject",
                "form_fields",
                "form_files",
                "form_thanks",
            ),
        ),
    )

    origins = Lines(
        label=_("Allowed sites"),
        help_text=_("One a line, such as https://shop.example.com or https://*.example.com. Nobody else can show it."),
    )
    brand = forms.CharField(label=_("Name shown to visitors"), max_length=60, required=False)
    greeting = forms.CharField(
        label=_("Greeting"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    introduction = forms.CharField(label=_("Introduction"), max_length=300, required=False)
    offers_calls = forms.BooleanField(
        label=_("Offer to call visitors"),
        required=False,
        help_text=_("Shown while a telephone channel is connected; its business hours are the times offered."),
    )
    help = forms.CharField(
        label=_("Good to know"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$",
        label=_("Colour"),
        required=False,
        initial="#2754c5",
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    position = forms.ChoiceField(
        label=_("Position"), required=False, choices=[("end", _("Bottom right")), ("start", _("Bottom left"))]
    )
    ask_name = forms.ChoiceField(label=_("Name"), required=False, choices=FIELD_CHOICES)
    ask_email = forms.ChoiceField(label=_("E-mail address"), required=False, choices=FIELD_CHOICES)
    ask_topic = forms.ChoiceField(label=_("Topic"), required=False, choices=FIELD_CHOICES)
    topics = Lines(label=_("Topics"), required=False, help_text=_("One a line"))
    consent = forms.CharField(
        label=_("Consent text"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown with an empty box that has to be ticked; kept with its version."),
    )
    signing_secrets = Lines(
        label=_("Signing secrets (HS256)"),
        required=False,
        help_text=_("At least 32 characters each. Several may be valid while you change them."),
    )
    public_keys = forms.CharField(
        label=_("Public key (RS256, PEM)"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    allows_apps = forms.BooleanField(
        label=_("Apps of your own may use the chat's interface"),
        required=False,
        help_text=_(
            "For native apps, and for scripts on the allowed sites. It is described in docs/channels/inapp.md."
        ),
    )

    form_title = forms.CharField(label=_("Heading"), max_length=80, required=False)
    form_introduction = forms.CharField(label=_("Introduction"), max_length=300, required=False)
    form_name = forms.ChoiceField(label=_("Name"), required=False, choices=FIELD_CHOICES, initial="optional")
    form_email = forms.ChoiceField(
        label=_("E-mail address"),
        required=False,
        choices=FIELD_CHOICES,
        initial="required",
        help_text=_("Answers are sent there. Without it, only who comes by your own app can be answered."),
    )
    form_phone = forms.ChoiceField(label=_("Phone number"), required=False, choices=FIELD_CHOICES)
    form_topic = forms.ChoiceField(
        label=_("Topic"), required=False, choices=FIELD_CHOICES, help_text=_("Offers the topics of the chat.")
    )
    form_subject = forms.ChoiceField(label=_("Subject"), required=False, choices=FIELD_CHOICES)
    form_fields = Lines(
        label=_("More questions"),
        required=False,
        help_text=_(
            "One a line: “Order number”, “Order number *” if it is required, “Size: small, large” to choose from."
        ),
    )
    form_files = forms.BooleanField(label=_("Files may be attached"), required=False)
    form_thanks = forms.CharField(
        label=_("Thanks"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown once the message has come."),
    )

    def clean_form_fields(self) -> list[str]:
        if len(self.cleaned_data["form_fields"]) > MOST_QUESTIONS:
            raise forms.ValidationError(_("Ten questions of your own are the most."))
        return self.cleaned_data["form_fields"]

    def clean_origins(self) -> list[str]:
        for origin in self.cleaned_data["origins"]:
            if not is_origin(origin.replace("://*.", "://")):
                raise forms.ValidationError(
                    _("“%(origin)s” is not a web origin such as https://shop.example.com."), params={"origin": origin}
                )
        return self.cleaned_data["origins"]

    def clean_colour(self) -> str:
        colour = self.cleaned_data["colour"]
        if colour and contrast_with_white(colour) < NEEDED_CONTRAST:
            raise forms.ValidationError(_("White text could not be read on this colour. Choose a darker one."))
        return colour

    def clean_signing_secrets(self) -> list[str]:
        if any(len(secret) < 32 for secret in self.cleaned_data["signing_secrets"]):
            raise forms.ValidationError(_("A signing secret needs at least 32 characters."))
        return self.cleaned_data["signing_secrets"]
