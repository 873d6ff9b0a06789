"""What agents decide about conversations: each decision checked before an action is called."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.models import Team, User
from conversations.actions import state
from conversations.models import Conversation, Tag

MORNING = 9
AFTERNOON = 14
LATE_AFTERNOON = 17
MONDAY = 0


def presets(now: datetime | None = None) -> dict[str, tuple[str, datetime]]:
    """Times at which a snoozed conversation may come back, in the agent's zone, in the order of their keys 1 to 4."""
    local = timezone.localtime(now)
    later = AFTERNOON if local.hour < AFTERNOON - 1 else LATE_AFTERNOON
    shown = {"hour": (_("In an hour"), local + timedelta(hours=1))}
    if local.hour < LATE_AFTERNOON - 1:
        shown["afternoon"] = (_("This afternoon"), _at(local, 0, later))
    else:
        shown["evening"] = (_("In three hours"), local + timedelta(hours=3))
    shown["tomorrow"] = (_("Tomorrow morning"), _at(local, 1, MORNING))
    shown["monday"] = (_("Monday morning"), _at(local, (MONDAY - local.weekday() - 1) % 7 + 1, MORNING))
    return shown


def _at(local: datetime, days: int, hour: int) -> datetime:
    day = local.date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=local.tzinfo)


class Decision(forms.Form):
    """One decision about one conversation or several: `decide` carries it out, `done` says what was done."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def decide(self, conversation: Conversation) -> None:
        raise NotImplementedError

    def done(self, number: int, subject: str) -> str:
        """The sentence for `number` conversations; `subject` names the one where it is one."""
        raise NotImplementedError


class Resolve(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.resolve(conversation, by=self.by)

    def done(self, number: int, subject: str) -> str:
        return ngettext("Resolved: %(subject)s", "Resolved %(number)d conversations", number) % _names(number, subject)


class Reopen(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.reopen(conversation, by=self.by)

    def done(self, number: int, subject: str) -> str:
        return ngettext("Reopened: %(subject)s", "Reopened %(number)d conversations", number) % _names(number, subject)


class Wait(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.set_pending(conversation, by=self.by)

    def done(self, number: int, subject: str) -> str:
        return ngettext("Pending: %(subject)s", "%(number)d conversations are pending", number) % _names(
            number, subject
        )


class Assign(Decision):
    agent = forms.ModelChoiceField(User.objects.answering(), required=False)

    def clean(self) -> dict[str, Any]:
        if self.data.get("agent") == "me":
            self.errors.pop("agent", None)
            self.cleaned_data["agent"] = self.by
        return self.cleaned_data

    def decide(self, conversation: Conversation) -> None:
        state.assign(conversation, to=self.cleaned_data["agent"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        to = self.cleaned_data["agent"]
        if to is None:
            return ngettext("Nobody’s now: %(subject)s", "%(number)d conversations are nobody’s now", number) % _names(
                number, subject
            )
        return _("Assigned to %(name)s") % {"name": to.name}


class GiveToTeam(Decision):
    team = forms.ModelChoiceField(Team.objects.all(), required=False)

    def decide(self, conversation: Conversation) -> None:
        state.set_team(conversation, team=self.cleaned_data["team"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        team = self.cleaned_data["team"]
        return _("Handed to %(name)s") % {"name": team.name} if team else _("Taken from its team")


class Prioritise(Decision):
    priority = forms.TypedChoiceField(choices=Conversation.Priority.choices, coerce=int)

    def decide(self, conversation: Conversation) -> None:
        state.set_priority(conversation, priority=self.cleaned_data["priority"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("Priority: %(name)s") % {"name": Conversation.Priority(self.cleaned_data["priority"]).label}


class Snooze(Decision):
    """`until` is the name of a preset or a time in the agent's zone."""

    until = forms.CharField(max_length=40)

    def clean_until(self) -> datetime:
        value = self.cleaned_data["until"]
        if value in presets():
            return presets()[value][1]
        field = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
        return field.clean(value)

    def decide(self, conversation: Conversation) -> None:
        state.snooze(conversation, until=self.cleaned_data["until"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        at = timezone.localtime(self.cleaned_data["until"])
        return _("Comes back %(at)s") % {"at": _moment(at)}


class AddTag(Decision):
    name = forms.CharField(max_length=60, strip=True)

    def decide(self, conversation: Conversation) -> None:
        state.add_tag(conversation, name=self.cleaned_data["name"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("Tagged “%(name)s”") % {"name": self.cleaned_data["name"]}


class RemoveTag(Decision):
    name = forms.ModelChoiceField(Tag.objects.all(), to_field_name="name")

    def decide(self, conversation: Conversation) -> None:
        state.remove_tag(conversation, tag=self.cleaned_data["name"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("Tag “%(name)s” removed") % {"name": self.cleaned_data["name"].name}


class MarkUnread(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.mark_unread(conversation, agent=self.by)

    def done(self, number: int, subject: str) -> str:
        return ngettext("Unread again", "%(number)d conversations are unread again", number) % _names(number, subject)


class Rename(Decision):
    subject = forms.CharField(max_length=300, strip=True)

    def decide(self, conversation: Conversation) -> None:
        state.rename(conversation, subject=self.cleaned_data["subject"], by=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("The subject was changed")


class Follow(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.follow(conversation, agent=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("You follow this conversation")


class Unfollow(Decision):
    def decide(self, conversation: Conversation) -> None:
        state.unfollow(conversation, agent=self.by)

    def done(self, number: int, subject: str) -> str:
        return _("You no longer follow this conversation")


# What may be decided about many conversations at once.
DECISIONS: dict[str, type[Decision]] = {
    "resolve": Resolve,
    "reopen": Reopen,
    "pending": Wait,
    "assign": Assign,
    "team": GiveToTeam,
    "priority": Prioritise,
    "snooze": Snooze,
    "tag": AddTag,
    "untag": RemoveTag,
    "unread": MarkUnread,
}


def _names(number: int, subject: str) -> dict[str, object]:
    return {"number": number, "subject": subject or _("(no subject)")}


def _moment(at: datetime) -> str:
    """A time to come, as short as it can be said."""
    clock = date_format(at, "TIME_FORMAT")
    if at.date() == timezone.localdate():
        return _("at %(clock)s") % {"clock": clock}
    return _("on %(day)s at %(clock)s") % {"day": date_format(at, _("D, M j")), "clock": clock}
