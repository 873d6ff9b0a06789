"""Writing a delivery plan: its name, whose it is, and up to four channels one after the other."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app.models import Channel
from conversations.forms import team_owned
from conversations.models import Ladder, LadderStep

MOST_STEPS = 4
# What an agent chooses from in the composer, in minutes.
WAITS = (5, 15, 30, 60, 240, 1440)


def readable_by(agent: User) -> QuerySet[Ladder]:
    """Those that an agent may use."""
    return team_owned.readable_by(Ladder.objects.all(), agent)


def writable_by(agent: User) -> QuerySet[Ladder]:
    """Those that an agent may change."""
    return team_owned.writable_by(Ladder.objects.all(), agent)


class LadderForm(forms.ModelForm):
    """Name, team, whether every reply of the team has it."""

    class Meta:
        model = Ladder
        fields = ("name", "team", "is_default")
        widgets: ClassVar = {"name": forms.TextInput(attrs={"dir": "auto"})}
        help_texts: ClassVar = {
            "team": _("Without a team everybody can use it."),
            "is_default": _("Agents can still take it away from a reply."),
        }

    def __init__(self, *args: Any, agent: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team_owned.narrow_team(self.fields["team"], agent)


class LadderStepForm(forms.ModelForm):
    """One channel, and how long what went before may stay unread."""

    class Meta:
        model = LadderStep
        fields = ("channel", "after_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.fields["channel"]
        assert isinstance(channel, forms.ModelChoiceField)
        channel.queryset = Channel.objects.enabled()
        channel.empty_label = _("none")
        channel.required = False
        self.fields["after_minutes"].min_value = 1  # type: ignore[attr-defined]

    def clean_after_minutes(self) -> int:
        minutes = self.cleaned_data["after_minutes"]
        if not 1 <= minutes <= 60 * 24 * 14:
            raise forms.ValidationError(_("Choose between one minute and two weeks."))
        return minutes


class BaseSteps(forms.BaseInlineFormSet):
    """The steps in their order; at least one."""

    def clean(self) -> None:
        super().clean()
        if not any(self.errors) and not any(form.cleaned_data.get("channel") for form in self.forms):
            raise forms.ValidationError(_("Choose at least one channel."))

    def save(self, commit: bool = True) -> list[LadderStep]:
        """Number the steps anew, in the order in which they stand."""
        self.instance.steps.all().delete()
        chosen = [form.cleaned_data for form in self.forms if form.cleaned_data.get("channel")]
        steps = [
            LadderStep(ladder=self.instance, number=number, channel=one["channel"], after_minutes=one["after_minutes"])
            for number, one in enumerate(chosen, start=1)
        ]
        return LadderStep.objects.bulk_create(steps)


Steps = forms.inlineformset_factory(
    Ladder, LadderStep, form=LadderStepForm, formset=BaseSteps, extra=MOST_STEPS, max_num=MOST_STEPS, can_delete=False
)
