"""What an admin enters to connect a Facebook Page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.connectors.meta.fields import COMMENTS, HUMAN_AGENT, MetaForm, NumberField, VersionField


class MessengerForm(MetaForm):
    """A Page and the app that speaks for it."""

    groups = (
        (_("Facebook Page"), "", ("page_id", "access_token")),
        (_("Meta app"), "", ("app_secret", "app_id", "api_version")),
        (_("Answers"), "", ("has_human_agent", "takes_comments")),
    )

    page_id = NumberField(label=_("Page id"), help_text=_("On the Page itself under About, Page transparency."))
    has_human_agent = HUMAN_AGENT
    takes_comments = COMMENTS
    api_version = VersionField("v25.0")
