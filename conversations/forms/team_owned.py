"""What belongs to a team or to everybody: who may use it, who may change it."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import Team, User

Owned = TypeVar("Owned", bound=models.Model)


def readable_by(found: QuerySet[Owned], agent: User) -> QuerySet[Owned]:
    """Those for everybody and those of the agent's teams; all of them for supervisors and admins."""
    return found if agent.is_staff else found.filter(Q(team=None) | Q(team__in=agent.teams.all()))


def writable_by(found: QuerySet[Owned], agent: User) -> QuerySet[Owned]:
    """Those of the agent's teams; all of them for supervisors and admins."""
    return found if agent.is_staff else found.filter(team__in=agent.teams.all())


def narrow_team(field: forms.Field, agent: User) -> None:
    """Let an agent choose among their own teams; supervisors and admins also everybody."""
    assert isinstance(field, forms.ModelChoiceField)
    field.empty_label = _("everybody")
    if not agent.is_staff:
        field.queryset = Team.objects.filter(members=agent)
        field.required = True
        field.empty_label = None
