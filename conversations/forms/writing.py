"""What agents send us: each field checked before an action sees it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.contract import QuickReply
from channels_app.models import Channel
from conversations import approved, limits
from conversations.actions.laddering import Step, steps_of
from conversations.forms.ladder import readable_by
from conversations.models import Attachment, Conversation, Draft
from conversations.reach import Route, routes_of

LONGEST_TEXT = 200_000
MOST_COPIES = 40


class Keys(forms.CharField):
    """A comma-separated list of UUIDs."""

    def clean(self, value: Any) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(part) for part in super().clean(value).split(",") if part]
        except ValueError as error:
            raise forms.ValidationError(_("One of the files is no longer there. Please attach it again.")) from error


class Addresses(forms.CharField):
    """Addresses separated by commas, semicolons or new lines."""

    def clean(self, value: Any) -> list[str]:
        parts = super().clean(value).replace(";", ",").replace("\n", ",").split(",")
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))[:MOST_COPIES]


class ReplyForm(forms.Form):
    """An answer to the customer."""

    class Then:
        RESOLVE = "resolve"
        PENDING = "pending"

    text = forms.CharField(required=False, strip=False, max_length=LONGEST_TEXT)
    route = forms.CharField()
    subject = forms.CharField(required=False, max_length=300)
    cc = Addresses(required=False)
    bcc = Addresses(required=False)
    files = Keys(required=False)  # type: ignore[assignment]
    client_id = forms.UUIDField(required=False)
    seen = forms.IntegerField(required=False, min_value=0)
    quotes_history = forms.BooleanField(required=False)
    then = forms.ChoiceField(
        required=False, choices=[("", ""), (Then.RESOLVE, Then.RESOLVE), (Then.PENDING, Then.PENDING)]
    )
    send_at = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    )
    cancel_if_answered = forms.BooleanField(required=False)
    linked = Keys(required=False)
    template = forms.IntegerField(required=False, min_value=1)
    in_reply_to = forms.IntegerField(required=False, min_value=1)
    in_private = forms.BooleanField(required=False)
    quick_replies = forms.CharField(required=False, max_length=2000)
    plan = forms.CharField(required=False, max_length=60)
    plan_minutes = forms.IntegerField(required=False, min_value=1, max_value=60 * 24 * 14)

    def __init__(self, *args: Any, routes: list[Route], agent: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.routes, self.agent = routes, agent

    def clean_route(self) -> Route:
        for route in self.routes:
            if route.key == self.cleaned_data["route"]:
                return route
        raise forms.ValidationError(_("The customer can no longer be reached by that address. Choose another channel."))

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def clean_send_at(self) -> Any:
        at = self.cleaned_data["send_at"]
        if at and at <= timezone.now():
            raise forms.ValidationError(_("Choose a time that is still to come."))
        return at

    def clean(self) -> dict[str, Any]:
        route: Route | None = self.cleaned_data.get("route")
        if route is None:
            return self.cleaned_data
        for role in ("cc", "bcc"):
            self.cleaned_data[role] = self._checked(role, route)
        self.cleaned_data["steps"] = self._steps(route)
        if number := self.cleaned_data.get("template"):
            return self._approved(route, number)
        carried = set(self.cleaned_data.get("files") or []) - set(self.cleaned_data.get("linked") or [])
        files = Attachment.objects.filter(key__in=carried, uploaded_by=self.agent)
        for reason in limits.obstacles(route.capabilities, self.cleaned_data.get("text", ""), files):
            self.add_error(None, reason)
        self.cleaned_data["quick_replies"] = self._quick_replies(route)
        return self.cleaned_data

    def _approved(self, route: Route, number: int) -> dict[str, Any]:
        """An approved text instead of the writer's own words: all of its blanks filled in."""
        template = approved.offered(route.channel).filter(pk=number).first() if route.can_use_template else None
        if template is None:
            self.add_error(None, _("This text cannot be sent any more. Choose another one."))
            return self.cleaned_data
        values = {name: self.data.get(f"{approved.PREFIX}{name}", "").strip()[:1024] for name in template.parameters}
        if approved.missing(template, values):
            self.add_error(None, _("Fill in every blank of the text."))
        self.cleaned_data["text"] = approved.filled(template, values)
        self.cleaned_data["approved"] = approved.used(template, values)
        self.cleaned_data["quick_replies"] = []
        return self.cleaned_data

    def _quick_replies(self, route: Route) -> list[QuickReply]:
        """Answers offered with the reply, as many and as long as the channel carries."""
        can, given = route.capabilities, self.cleaned_data.get("quick_replies", "").splitlines()
        titles = list(dict.fromkeys(title.strip() for title in given if title.strip()))
        if any(len(title) > can.quick_reply_title for title in titles) or len(titles) > can.quick_replies:
            self.add_error(None, _("These quick replies are too many or too long for this channel."))
        return [QuickReply(f"q{number}", title) for number, title in enumerate(titles, start=1)]

    def _steps(self, first: Route) -> list[Step]:
        """What follows when it stays unread: `ladder:<pk>`, or `route:<key>` after so many minutes."""
        kind, _sep, key = self.cleaned_data.get("plan", "").partition(":")
        if kind == "ladder" and key.isdecimal():
            ladder = readable_by(self.agent).filter(pk=int(key[:18])).first()
            return steps_of(ladder, self.routes, first) if ladder else []
        way = next((way for way in self.routes if kind == "route" and way.key == key and way.key != first.key), None)
        return [Step(way, self.cleaned_data.get("plan_minutes") or 30)] if way else []

    def _checked(self, role: str, route: Route) -> list[str]:
        """Copies as the channel writes addresses; none on a channel that has no copies."""
        if not route.capabilities.has_copies:
            return []
        kept = []
        for written in self.cleaned_data.get(role) or []:
            try:
                kept.append(route.channel.connector.address_of(written).value)
            except ValueError:
                self.add_error(role, _("“%(address)s” is not an address.") % {"address": written})
        return kept


class NoteForm(forms.Form):
    """A note to colleagues."""

    note = forms.CharField(
        strip=False, max_length=LONGEST_TEXT, error_messages={"required": _("Write something first.")}
    )
    files = Keys(required=False)  # type: ignore[assignment]
    client_id = forms.UUIDField(required=False)


class DraftForm(forms.Form):
    """What has been written so far."""

    kind = forms.ChoiceField(choices=Draft.Kind.choices)
    text = forms.CharField(required=False, strip=False, max_length=LONGEST_TEXT)
    version = forms.IntegerField(required=False, min_value=0)
    fields_json = forms.CharField(required=False, max_length=20_000)

    def clean_fields_json(self) -> dict[str, Any]:
        try:
            fields = json.loads(self.cleaned_data["fields_json"] or "{}")
        except ValueError as error:
            raise forms.ValidationError("not JSON") from error
        return fields if isinstance(fields, dict) else {}


class UploadForm(forms.Form):
    """One file for a message that is being written."""

    file = forms.FileField(max_length=255)


class MoveForm(forms.Form):
    """Where a message belongs; blank: to a conversation of its own."""

    to = forms.ModelChoiceField(queryset=Conversation.objects.none(), required=False)

    def __init__(self, *args: Any, conversations: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].queryset = conversations  # type: ignore[attr-defined]


class MergeForm(MoveForm):
    """Into which conversation another goes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].required = True
        self.fields["to"].error_messages["required"] = _("Choose a conversation.")


class StartForm(forms.Form):
    """A conversation that an agent opens: with whom, by what, saying what."""

    channel = forms.ModelChoiceField(queryset=Channel.objects.none(), label=_("Channel"), empty_label=None)
    address = forms.CharField(label=_("To"), max_length=320)
    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)
    text = forms.CharField(
        label=_("Message"), widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}), max_length=LONGEST_TEXT
    )
    files = Keys(required=False, widget=forms.HiddenInput)  # type: ignore[assignment]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        startable = [one.pk for one in Channel.objects.enabled() if one.connector.capabilities.can_start]
        self.fields["channel"].queryset = Channel.objects.filter(pk__in=startable)  # type: ignore[attr-defined]
        self.fields["address"].widget.attrs |= {"dir": "ltr", "autocomplete": "off", "list": "known-addresses"}
        self.fields["subject"].widget.attrs["dir"] = "auto"

    def clean(self) -> dict[str, Any]:
        channel, written = self.cleaned_data.get("channel"), self.cleaned_data.get("address")
        if channel and written:
            try:
                self.cleaned_data["to"] = channel.connector.address_of(written)
            except ValueError:
                self.add_error("address", _("“%(address)s” is not an address.") % {"address": written})
        if channel and self.cleaned_data.get("text"):
            for reason in limits.obstacles(channel.connector.capabilities, self.cleaned_data["text"], []):
                self.add_error("text", reason)
        return self.cleaned_data


def reply_form(conversation: Conversation, agent: Any, data: Any) -> ReplyForm:
    """The form for an answer in a conversation."""
    return ReplyForm(data, routes=routes_of(conversation), agent=agent)
