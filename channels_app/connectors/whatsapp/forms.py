"""What an admin enters to connect a WhatsApp number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.connectors.meta.fields import MetaForm, NumberField, VersionField
from channels_app.connectors.phone import RegionField


class WhatsAppForm(MetaForm):
    """A number of a WhatsApp Business account and the app that speaks for it."""

    groups = (
        (_("Number"), "", ("phone_number_id", "business_account_id", "access_token", "region")),
        (_("Meta app"), "", ("app_secret", "app_id", "api_version")),
    )

    phone_number_id = NumberField(
        label=_("Phone number id"), help_text=_("WhatsApp, API Setup, below the number. Not the number itself.")
    )
    business_account_id = NumberField(label=_("WhatsApp Business account id"), help_text=_("On the same page."))
    region = RegionField()
    api_version = VersionField("v24.0")
