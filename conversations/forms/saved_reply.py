"""Writing a saved reply: who may, and only with variables that exist."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import Team, User
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
    """Those for everybody and those of the agent's teams; all of them for supervisors and admins."""
    if agent.is_staff:
        return SavedReply.objects.all()
    return SavedReply.objects.filter(Q(team=None) | Q(team__in=agent.teams.all()))


def writable_by(agent: User) -> QuerySet[SavedReply]:
    """Those of the agent's teams; all of them for supervisors and admins."""
    return SavedReply.objects.all() if agent.is_staff else SavedReply.objects.filter(team__in=agent.teams.all())


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
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.empty_label = _("everybody")
        if not agent.is_staff:
            team.queryset = Team.objects.filter(members=agent)
            team.required = True
            team.empty_label = None

    def clean_body(self) -> str:
        """Only variables that mean something."""
        body = self.cleaned_data["body"]
        unknown = sorted({name for name in VARIABLE.findall(body) if name not in SAMPLE})
        if unknown:
            raise forms.ValidationError(_("Nobody knows the variable %(name)s."), params={"name": ", ".join(unknown)})
        return body
