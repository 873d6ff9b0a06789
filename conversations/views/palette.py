"""The command palette: commands for what is on the screen, places, customers and saved replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import User
from conversations.lists.inbox import VIEWS
from conversations.models import Conversation, SavedReply, Tag
from conversations.search import line
from conversations.views.customers_found import customers_found
from conversations.views.inbox import groups
from conversations.views.suggestions import filled, variables
from customers.search import initials

LONGEST = 100
MOST_OF_A_KIND = 6


@dataclass(frozen=True)
class Option:
    """One line of the palette: what it says, how it looks, what choosing it does."""

    text: str
    symbol: str = ""
    keys: str = ""
    note: str = ""
    command: str = ""
    href: str = ""
    action: str = ""
    field: str = ""
    value: object = ""
    insert: str = ""
    conversation: int = 0
    is_listing: bool = False
    words: str = ""
    html: SafeString | str = ""


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Options for `q`, in groups; `ctx` says what is on the screen: `conversation:5`, `chosen:3` or nothing."""
    agent = request.user
    assert isinstance(agent, User)
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    kind, _colon, value = request.GET.get("ctx", "").partition(":")
    shown = [
        (title, options)
        for title, options in (
            (_here(kind, value), fitting(_decisions() if kind else (), text, 20)),
            (_("Tags"), fitting(_tags() if kind and text else (), text)),
            (_("Assign"), fitting(_colleagues(agent) if kind and text else (), text)),
            (_("Saved replies"), fitting(_replies(agent, kind, value) if text else (), text)),
            (_("Go to"), fitting(_places(agent, text), text, 20)),
            (_("Conversations"), list(_conversations(agent, text))),
            (_("Customers"), list(_customers(agent, text))),
        )
        if options
    ]
    return render(request, "inbox/_command.html", {"groups": shown, "text": text})


def fitting(options: Iterable[Option], text: str, most: int = MOST_OF_A_KIND) -> list[Option]:
    """The options that have the text in them, by letters or by initial consonants, those that begin with it first."""
    wanted = text.casefold()
    found: list[tuple[bool, int, Option]] = []
    for option in options:
        said = f"{option.text} {option.words}".casefold()
        if wanted in said or (wanted and wanted in initials(said)):
            found.append((not said.startswith(wanted), len(found), option))
    return [_marked(option, text) for _late, _place, option in sorted(found, key=lambda one: one[:2])[:most]]


def _marked(option: Option, text: str) -> Option:
    html = line(option.text, [text] if text else [], width=80)
    return Option(**{**option.__dict__, "html": html})


def _here(kind: str, value: str) -> str:
    return _("Selected conversations") if kind == "chosen" else _("This conversation") + f" · #{value}"


def _decisions() -> Iterator[Option]:
    yield Option(_("Assign…"), "user-plus", "A", command="assign")
    yield Option(_("Assign to me"), "user-round", "I", command="assign-me")
    yield Option(_("Reply"), "reply", "R", command="reply")
    yield Option(_("Internal note"), "lock", "N", command="note")
    yield Option(_("Resolve"), "check", "E", command="resolve")
    yield Option(_("Snooze…"), "alarm-clock", "H", command="snooze")
    yield Option(_("Team…"), "hash", "T", command="team")
    yield Option(_("Tags…"), "tag", "L", command="tags")
    yield Option(_("Priority…"), "flag", "P", command="priority")
    yield Option(_("Set to pending"), "clock", command="pending")
    yield Option(_("Mark as unread"), "mail", "U", command="unread")
    yield Option(_("Reopen"), "rotate-ccw", "⇧E", command="reopen")


def _tags() -> Iterator[Option]:
    for tag in Tag.objects.all()[:400]:
        yield Option(
            _("Tag: %(name)s") % {"name": tag.name}, "tag", action="tag", field="name", value=tag.name, words=tag.name
        )


def _colleagues(agent: User) -> Iterator[Option]:
    for one in User.objects.answering().exclude(pk=agent.pk)[:400]:
        text = _("Assign to %(name)s") % {"name": one.name}
        yield Option(text, "user-plus", action="assign", field="agent", value=one.pk, words=one.name)


def _replies(agent: User, kind: str, value: str) -> Iterator[Option]:
    """Saved replies with their variables filled in for the conversation that is open."""
    if kind != "conversation" or not (value.isascii() and value.isdigit() and len(value) < 19):
        return
    seen = Conversation.objects.visible_to(agent).select_related("customer", "team")
    for conversation in seen.filter(pk=int(value)):
        values = variables(conversation, agent)
        teams = {*agent.teams.values_list("pk", flat=True), conversation.team_id}
        for reply in SavedReply.objects.filter(Q(team=None) | Q(team__in=teams - {None})):
            text = filled(reply.body, values)
            yield Option(reply.title, "zap", note=text[:80], insert=text, words=reply.shortcut)


GO_KEYS = {"mine": "G I", "unassigned": "G U", "mentions": "G M", "snoozed": "G S"}


def _places(agent: User, text: str) -> Iterator[Option]:
    if text:
        yield Option(_("Search for “%(text)s”") % {"text": text}, "search", href=f"/search/?q={text}", words=text)
    for name, (label, symbol) in VIEWS.items():
        yield Option(str(label), symbol, GO_KEYS.get(name, ""), href=f"/inbox/{name}/", is_listing=True)
    shown = groups(agent)
    for team in shown["teams"]:
        yield Option(team.name, "hash", note=_("Team"), href=f"/inbox/team-{team.pk}/", is_listing=True)
    for channel in shown["channels"]:
        yield Option(channel.name, "inbox", note=_("Channel"), href=f"/inbox/channel-{channel.pk}/", is_listing=True)
    yield Option(_("New conversation"), "plus", "C", command="new")
    yield Option(_("Customers"), "users-round", "G C", href="/customers/")
    yield Option(_("My settings"), "user-cog", href="/agents/me/")
    yield Option(_("Channels"), "plug", href="/settings/channels/")
    yield Option(_("Keyboard shortcuts"), "keyboard", "?", command="shortcuts")
    yield Option(_("Sound on or off"), "volume-2", command="sound")


def _conversations(agent: User, text: str) -> Iterator[Option]:
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return
    for one in Conversation.objects.visible_to(agent).filter(pk=int(number)).select_related("customer"):
        href = f"/conversations/{one.pk}/"
        said = f"#{one.pk} {one.subject}"
        yield Option(
            said, "message-square", note=str(one.customer), href=href, conversation=one.pk, html=line(said, [number])
        )


def _customers(agent: User, text: str) -> Iterator[Option]:
    if not text:
        return
    for one in customers_found(agent, text, MOST_OF_A_KIND):
        note = one.address or _("%(number)d conversations") % {"number": one.number}
        yield Option(str(one.customer), "user-round", note=note, href=f"/customers/{one.customer.pk}/", html=one.name)
