"""Permissions by role."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from agents.models import User

# What a supervisor may do in Django's admin; an admin may do everything.
SUPERVISED_APPS = frozenset({"agents", "customers", "channels_app", "conversations"})
SUPERVISOR_MAY = ("view_", "change_", "add_")
ADMINS_ONLY = frozenset({"add_user", "change_user", "add_channel", "change_channel"})


class RoleBackend(ModelBackend):
    """Derive permissions from `User.role`."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if user_obj.role == User.Role.ADMIN:
            return True
        app, _, codename = perm.partition(".")
        return (
            user_obj.role == User.Role.SUPERVISOR
            and app in SUPERVISED_APPS
            and codename.startswith(SUPERVISOR_MAY)
            and codename not in ADMINS_ONLY
        )

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return user_obj.is_admin or (user_obj.is_staff and app_label in SUPERVISED_APPS)
