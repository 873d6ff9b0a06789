"""What an admin enters to connect a KakaoTalk chatbot."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.kakao.forms import public_id_field, secret_field

SECRETS = frozenset({"skill_key", "rest_key"})
ROTATING = frozenset({"skill_key"})
NOTHING, OPERATOR, LINK = "", "operator", "link"
HANDOVERS = [
    (NOTHING, _("No button")),
    (OPERATOR, _("Button to a consultation")),
    (LINK, _("Button to an address, for instance the channel's chat")),
]
_BLANK = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class KakaoBotForm(forms.Form):
    """The skill's key, what it answers at once, and what may be sent later."""

    groups = (
        (_("Skill"), "", ("header_name", "skill_key", "public_id")),
        (_("Answer within five seconds"), "", ("answer_text", "uses_callback", "waiting_text")),
        (_("On to a person"), "", ("handover_by", "button", "link")),
        (_("Messages of our own (Event API)"), "", ("bot_id", "rest_key", "event_blocks")),
    )

    header_name = forms.RegexField(
        r"^[A-Za-z][A-Za-z0-9-]{1,60}$",
        label=_("Name of the header"),
        initial="X-Skill-Key",
        help_text=_("Add a header of this name to the skill, with the key below as its value."),
        error_messages={"invalid": _("Letters, digits and hyphens only.")},
    )
    skill_key = secret_field(
        _("Key"), min_length=16, help_text=_("A long random word of your own: by it we know that Kakao calls.")
    )
    public_id = public_id_field()
    answer_text = forms.CharField(
        label=_("What the customer reads at once"),
        max_length=400,
        initial=_("Thank you. Somebody will answer you soon."),
        help_text=_("A skill has to answer within five seconds, so this stands in for a person."),
    )
    uses_callback = forms.BooleanField(
        label=_("Answer within a minute where the block allows it (callback)"),
        required=False,
        initial=True,
        help_text=_("Kakao has to approve the bot for callbacks first, as an AI chatbot."),
    )
    waiting_text = forms.CharField(
        label=_("What they read while they wait for that minute"),
        required=False,
        max_length=400,
        initial=_("One moment, please."),
    )
    handover_by = forms.ChoiceField(label=_("Button"), choices=HANDOVERS, required=False)
    button = forms.CharField(label=_("What the button says"), required=False, max_length=14, initial=_("Ask a person"))
    link = forms.URLField(
        label=_("Address"),
        required=False,
        assume_scheme="https",
        help_text=_("As in https://pf.kakao.com/_xoAbcd/chat"),
    )
    bot_id = forms.RegexField(r"^[0-9a-f]{10,40}$", label=_("Bot id"), required=False)
    rest_key = secret_field(_("REST API key of Kakao Developers"))
    event_blocks = forms.CharField(
        label=_("Event blocks"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line: the event's name, “=”, and the block's text with its blanks, as in answered = Your question:"
            " {{answer}}. In the block, {{#current.event.data.answer}} is the blank. Kakao charges for each."
        ),
    )

    def clean_event_blocks(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["event_blocks"].splitlines() if line.strip()]
        if any(not all(part.strip() for part in line.partition("=")[::2]) for line in lines):
            raise forms.ValidationError(_("Each line needs a name, “=” and a text."))
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        """Ask for what was chosen."""
        entered = self.cleaned_data
        needed = {
            "link": entered.get("handover_by") == LINK,
            "button": bool(entered.get("handover_by")),
            "bot_id": bool(entered.get("event_blocks")),
        }
        for name, is_needed in needed.items():
            if is_needed and not entered.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for the way you chose."))
        return entered


def blocks(entered: str) -> dict[str, tuple[str, list[str]]]:
    """The event blocks: name → (text, its blanks)."""
    found = {}
    for line in entered.splitlines():
        name, _sign, text = line.partition("=")
        body = _BLANK.sub(r"{{\1}}", text.strip())
        found[name.strip()] = (body, list(dict.fromkeys(_BLANK.findall(body))))
    return found
