"""Agents and teams in Django's admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.forms import AdminPasswordChangeForm, ReadOnlyPasswordHashField
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agents.models import Membership, Team, User


class MembershipInline(admin.TabularInline):
    """An agent's teams, or a team's agents."""

    model = Membership
    extra = 0


class AgentForm(ModelForm):
    """Everything but the password, which has a page of its own."""

    password = ReadOnlyPasswordHashField(label=_("Password"))

    class Meta:
        model = User
        fields = [
            *("email", "name", "is_active", "role", "scope", "availability", "signature"),
            *("language", "time_zone", "theme", "density", "shortcuts", "enter_sends"),
        ]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People who answer. A new agent sets a password by the reset mail, or gets one here."""

    form = AgentForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "name", "role", "scope", "availability", "is_active", "last_login"]
    list_filter = ["role", "scope", "is_active", "teams"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "created_at"]
    ordering = ["name", "email"]
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "is_active"]}),
        (_("Work"), {"fields": ["role", "scope", "availability", "signature"]}),
        (_("Screen"), {"fields": ["language", "time_zone", "theme", "density", "shortcuts", "enter_sends"]}),
        (_("Dates"), {"fields": ["last_login", "created_at"]}),
    ]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    """Teams and who is in them."""

    list_display = ["name", "colour"]
    search_fields = ["name"]
    inlines = [MembershipInline]
