"""Writing a saved reply: who may, and only with variables that exist."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.forms import team_owned
from conversations.models import SavedReply
from conversations.views.suggestions import VARIABLE

# What the preview shows in place of each variable.
SAMPLE = {
    "customer.name": _("Carol Park"),
    "customer.first_name": _("Carol"),
    "agent.name": "",
    "conversation.id": "58214",
    "conversation.subject": _("Where is my parcel?"),
    "team.name": _("Delivery"),
}


def readable_by(agent: User) -> QuerySet[SavedReply]:
    """Those that an agent may use."""
    return team_owned.readable_by(SavedReply.objects.all(), agent)


def writable_by(agent: User) -> QuerySet[SavedReply]:
    """Those that an agent may change."""
    return team_owned.writable_by(SavedReply.objects.all(), agent)


class SavedReplyForm(forms.ModelForm):
    """Title, shortcut, text, language, team."""

    class Meta:
        model = SavedReply
        fields = ("title", "shortcut", "body", "language", "team")
        widgets: ClassVar = {
            "title": forms.TextInput(attrs={"dir": "auto"}),
            "shortcut": forms.TextInput(attrs={"dir": "auto", "autocapitalize": "off", "spellcheck": "false"}),
            "body": forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
            "language": forms.TextInput(attrs={"list": "languages", "autocapitalize": "off", "spellcheck": "false"}),
        }
        help_texts: ClassVar = {
            "shortcut": _("Type / and this word in the composer."),
            "language": _("Offered first to customers who speak it, for instance ko or en."),
            "team": _("Without a team everybody can use it."),
        }

    def __init__(self, *args: Any, agent: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team_owned.narrow_team(self.fields["team"], agent)

    def clean_body(self) -> str:
        """Only variables that mean something."""
        body = self.cleaned_data["body"]
        unknown = sorted({name for name in VARIABLE.findall(body) if name not in SAMPLE})
        if unknown:
            raise forms.ValidationError(_("Nobody knows the variable %(name)s."), params={"name": ", ".join(unknown)})
        return body
