"""What an admin enters to connect a channel: a name, and what its connector asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from channels_app import rotation
from channels_app.models import Channel

KEPT = _("Stored and never shown again. Leave it empty to keep it.")
KEPT_ROTATING = _(
    "Stored and never shown again. Leave it empty to keep it. After a new one, the old one is accepted until you forget it."
)


class NameForm(forms.Form):
    """What the desk calls the channel."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("As agents see it, for instance “Support mail”.")
    )


class ChannelForms:
    """The two forms of one page, filled in, checked and stored together."""

    def __init__(self, channel: Channel, data: QueryDict | None = None) -> None:
        self.channel = channel
        self.name = NameForm(data, initial={"name": channel.name})
        made = type(channel.connector).settings_form()
        self.settings = made(data, initial=_shown(channel)) if made else None
        if self.settings is not None:
            _keep_secrets(self.settings, channel)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Cards of the page: title, the choice that shows it, its fields. One card where the connector names none."""
        form = self.settings
        if form is None:
            return []
        named = getattr(form, "groups", (("", "", tuple(form.fields)),))
        return [
            {"title": title, "when": when, "fields": [form[name] for name in fields]} for title, when, fields in named
        ]

    def is_valid(self) -> bool:
        parts = [self.name, *([self.settings] if self.settings is not None else [])]
        checked = [part.is_valid() for part in parts]  # all of them, so that every mistake is shown at once
        return all(checked)

    def save(self) -> Channel:
        """Store it; whoever reads the account now starts anew with what was entered."""
        entered = self.settings.cleaned_data if self.settings is not None else {}
        secret = self.channel.connector.secret_fields
        self.channel.name = self.name.cleaned_data["name"]
        self.channel.config = {**self.channel.config, **{k: v for k, v in entered.items() if k not in secret}}
        new = {name: value for name, value in entered.items() if name in secret and value}
        self.channel.secrets = rotation.with_new(self.channel, new)
        self.channel.lease_holder, self.channel.leased_until = "", None
        self.channel.save()
        return self.channel


def _shown(channel: Channel) -> dict[str, Any]:
    return {name: value for name, value in channel.config.items() if name not in channel.connector.secret_fields}


def _keep_secrets(form: forms.Form, channel: Channel) -> None:
    stored: Mapping[str, Any] = channel.secrets
    for name in channel.connector.secret_fields & form.fields.keys():
        if stored.get(name):
            form.fields[name].required = False
            rotates = name in channel.connector.rotating_secrets
            form.fields[name].help_text = KEPT_ROTATING if rotates else KEPT
