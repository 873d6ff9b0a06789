"""Agents, their teams and what they may see."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


def validate_time_zone(value: str) -> None:
    """Accept names of the IANA time-zone database only."""
    if value not in available_timezones():
        raise ValidationError(_("“%(value)s” is not a time zone."), params={"value": value})


def display_name(user: User) -> str:
    """The name by which sign-in pages address an agent."""
    return user.name or user.email


class UserManager(BaseUserManager["User"]):
    """Creates agents; the e-mail address is the log-in."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        return self.create_user(email, password, **{"role": User.Role.ADMIN, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def answering(self) -> models.QuerySet[User]:
        """Agents who may be assigned work."""
        return self.filter(is_active=True).order_by("name")


class User(AbstractBaseUser, PermissionsMixin):
    """An agent, supervisor or admin."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Admin")

    class Scope(models.TextChoices):
        ALL = "all", _("All conversations")
        TEAMS = "teams", _("Conversations of my teams")
        MINE = "mine", _("My conversations")

    class Theme(models.TextChoices):
        AUTO = "auto", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    class Shortcuts(models.TextChoices):
        LETTERS = "letters", _("Single letters")
        ALT = "alt", _("Alt and a letter")
        OFF = "off", _("Off")

    class Availability(models.TextChoices):
        ONLINE = "online", _("Available")
        AWAY = "away", _("Away")

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.AGENT)
    scope = models.CharField(_("sees"), max_length=8, choices=Scope, default=Scope.ALL)
    language = models.CharField(
        _("language"), max_length=8, choices=[("ko", "한국어"), ("en", "English")], default="ko"
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Seoul", validators=[validate_time_zone])
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.AUTO)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    shortcuts = models.CharField(_("keyboard shortcuts"), max_length=8, choices=Shortcuts, default=Shortcuts.LETTERS)
    enter_sends = models.BooleanField(_("Enter sends"), default=False)
    signature = models.TextField(_("signature"), blank=True)
    phone = models.CharField(
        _("own telephone"), max_length=20, blank=True, default="", db_default="", help_text=_("Where calls ring")
    )
    availability = models.CharField(_("availability"), max_length=8, choices=Availability, default=Availability.ONLINE)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = [models.UniqueConstraint(Lower("email"), name="agents_user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Supervisors and admins work in Django's admin."""
        return self.role in (self.Role.SUPERVISOR, self.Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Team(models.Model):
    """A group of agents who share conversations."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    colour = models.PositiveSmallIntegerField(_("colour"), default=1, help_text=_("1 to 8, from the fixed palette"))
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams", verbose_name=_("members")
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=models.Q(colour__range=(1, 8)), name="agents_team_colour")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That an agent belongs to a team."""

    agent = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("agent"))
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["agent", "team"], name="agents_membership_once")]

    def __str__(self) -> str:
        return f"{self.agent} · {self.team}"
