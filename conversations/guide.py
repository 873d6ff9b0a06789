"""The first steps of a new desk, and which of them are done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.utils import is_mfa_enabled
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agents.models import Team, User
from channels_app.models import Channel
from conversations.models import Conversation, Message

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


@dataclass(frozen=True)
class Step:
    """One thing to do: why, where, and whether it is done."""

    title: LazyText
    text: LazyText
    action: LazyText
    url: str
    is_done: bool


def steps(agent: User) -> list[Step]:
    """What an admin does first, in the order in which it helps."""
    return [*_reachable(), *_together(), _protected(agent)]


def _reachable() -> list[Step]:
    return [
        Step(
            _("Connect a channel"),
            _("A chat on your site or a mailbox: whatever comes in there becomes a conversation here."),
            _("Connect"),
            reverse("channels:list"),
            Channel.objects.enabled().exists(),
        ),
        Step(
            _("Write to yourself"),
            _("Send a message as a customer would. It appears in the inbox within a second."),
            _("Open the inbox"),
            reverse("conversations:inbox", args=["all"]),
            Conversation.objects.exists(),
        ),
        Step(
            _("Answer it"),
            _("Open the conversation, write an answer, send it with Ctrl or ⌘ and Enter."),
            _("Open the inbox"),
            reverse("conversations:inbox", args=["all"]),
            Message.objects.filter(kind=Message.Kind.OUTBOUND, author__isnull=False).exists(),
        ),
    ]


def _together() -> list[Step]:
    return [
        Step(
            _("Make teams"),
            _("Conversations can belong to a team, and an agent can be limited to their teams."),
            _("Add a team"),
            reverse("admin:agents_team_add"),
            Team.objects.exists(),
        ),
        Step(
            _("Invite colleagues"),
            _("Add an agent, then hand them the password, or let them set one by e-mail."),
            _("Add an agent"),
            reverse("admin:agents_user_add"),
            User.objects.answering().count() > 1,
        ),
    ]


def _protected(agent: User) -> Step:
    return Step(
        _("Protect your account"),
        _("A passkey or an authenticator app keeps others out even if they learn your password."),
        _("Set it up"),
        reverse("mfa_index"),
        is_mfa_enabled(agent),
    )
