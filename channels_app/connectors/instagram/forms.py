"""What an admin enters to connect an Instagram account."""

from __future__ import annotations

import enum
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.meta.fields import COMMENTS, HUMAN_AGENT, MetaForm, NumberField, VersionField


class Login(enum.StrEnum):
    """Whose token opens the account: its own, or that of the Facebook Page it is linked to."""

    INSTAGRAM = "instagram"
    FACEBOOK = "facebook"


LOGINS = [
    (Login.INSTAGRAM, _("Instagram login (no Facebook Page needed)")),
    (Login.FACEBOOK, _("Facebook login (the account is linked to a Page)")),
]


class InstagramForm(MetaForm):
    """A professional account, by one of the two ways that Meta offers."""

    groups = (
        (_("Instagram account"), "", ("login", "account_id", "access_token")),
        (_("Facebook Page"), "login=facebook", ("page_id",)),
        (_("Meta app"), "", ("app_secret", "app_id", "api_version")),
        (_("Answers"), "", ("has_human_agent", "takes_comments")),
    )

    login = forms.ChoiceField(label=_("Way of access"), choices=LOGINS)
    account_id = NumberField(
        label=_("Account id"), help_text=_("The professional account's id (user_id), as in 17841400000000000.")
    )
    page_id = NumberField(label=_("Page id"), required=False)
    has_human_agent = HUMAN_AGENT
    takes_comments = COMMENTS
    api_version = VersionField("v24.0")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["app_secret"].help_text = _(
            "With the Instagram login it is the Instagram app's own secret, not that of the Facebook app around it."
        )

    def clean(self) -> dict[str, Any]:
        """The way by Facebook needs the Page."""
        entered = self.cleaned_data
        if entered.get("login") == Login.FACEBOOK and not entered.get("page_id"):
            self.add_error("page_id", _("This is needed for the way you chose."))
        return entered
