"""What an admin enters to connect a mailbox."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.connectors.email.accounts import PLACE, Incoming, MailAccount, Outgoing, Security, SignIn
from channels_app.connectors.email.esp import CHOICES
from channels_app.mail.addresses import normalise

INCOMING = [
    (Incoming.IMAP, _("Read a mailbox (IMAP)")),
    (Incoming.HANDED, _("Our mail server hands it over (SMTP, LMTP or a pipe)")),
    (Incoming.ESP, _("A mail service posts it (web hook)")),
]
OUTGOING = [(Outgoing.SMTP, _("Mail server (SMTP)")), (Outgoing.ESP, _("Mail service (API)"))]
SECURITY = [
    (Security.TLS, _("TLS")),
    (Security.STARTTLS, _("STARTTLS")),
    (Security.PLAIN, _("None (inside the own network only)")),
]
SIGN_IN = [
    (SignIn.PASSWORD, _("Password or app password")),
    (SignIn.GOOGLE, _("Google (OAuth 2)")),
    (SignIn.MICROSOFT, _("Microsoft (OAuth 2, one person's mailbox)")),
    (SignIn.MICROSOFT_APP, _("Microsoft 365 (OAuth 2, as an application)")),
]
SECRETS = frozenset(
    {"imap_password", "smtp_password", "oauth_client_secret", "oauth_refresh_token", "esp_api_key", "esp_webhook_key"}
)


def _secret(label: Any, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget, **options)


class EmailForm(forms.Form):
    """One page for the whole channel; what the chosen ways do not need may stay empty."""

    # Groups of the page, in order; a group is shown for the choices named with it.
    groups = (
        (_("Addresses"), "", ("address", "aliases", "from_name", "shows_agent", "has_tags", "reply_address")),
        (_("Incoming mail"), "", ("incoming",)),
        (
            _("Mailbox"),
            "incoming=imap",
            ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder", "import_days"),
        ),
        (_("Outgoing mail"), "", ("outgoing",)),
        (_("Mail server"), "outgoing=smtp", ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password")),
        (_("Signing in"), "", ("sign_in", "oauth_client_id", "oauth_client_secret", "oauth_tenant")),
        (
            _("Mail service"),
            "incoming=esp|outgoing=esp",
            ("esp", "esp_api_key", "esp_sender_domain", "esp_webhook_key"),
        ),
        (_("Trust"), "", ("authserv_id",)),
    )

    address = forms.EmailField(label=_("Address"), max_length=254)
    aliases = forms.CharField(
        label=_("Other addresses of this mailbox"),
        required=False,
        max_length=1000,
        help_text=_("Separated by commas. @example.com means every address of that domain."),
    )
    from_name = forms.CharField(label=_("Sender's name"), required=False, max_length=80)
    shows_agent = forms.BooleanField(label=_("Put the agent's name before it"), required=False, initial=True)
    has_tags = forms.BooleanField(
        label=_("The mailbox takes plus addresses"),
        required=False,
        initial=True,
        help_text=_("As in support+abc@example.com. Answers then find their conversation without fail."),
    )
    reply_address = forms.CharField(
        label=_("Reply address"),
        required=False,
        max_length=254,
        help_text=_("If answers are to go elsewhere. {token} marks the place of the signed token."),
    )
    authserv_id = forms.CharField(
        label=_("Server whose verdict on senders we trust"),
        required=False,
        max_length=254,
        help_text=_(
            "The first word of the Authentication-Results header that your own server writes, as in mx.google.com."
        ),
    )

    incoming = forms.ChoiceField(label=_("How mail comes in"), choices=INCOMING)
    imap_host = forms.CharField(label=_("IMAP server"), required=False, max_length=253)
    imap_port = forms.IntegerField(label=_("Port"), required=False, min_value=1, max_value=65535, initial=993)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY, required=False, initial=Security.TLS)
    imap_user = forms.CharField(
        label=_("User name"), required=False, max_length=254, help_text=_("The address, where it is left empty.")
    )
    imap_password = _secret(_("Password"))
    imap_folder = forms.CharField(label=_("Folder"), required=False, max_length=200, initial="INBOX")
    import_days = forms.IntegerField(
        label=_("Bring in mail of the last days"), required=False, min_value=0, max_value=3650, initial=0
    )

    outgoing = forms.ChoiceField(label=_("How mail goes out"), choices=OUTGOING)
    smtp_host = forms.CharField(label=_("SMTP server"), required=False, max_length=253)
    smtp_port = forms.IntegerField(label=_("Port"), required=False, min_value=1, max_value=65535, initial=587)
    smtp_security = forms.ChoiceField(
        label=_("Encryption"), choices=SECURITY, required=False, initial=Security.STARTTLS
    )
    smtp_user = forms.CharField(
        label=_("User name"), required=False, max_length=254, help_text=_("The address, where it is left empty.")
    )
    smtp_password = _secret(_("Password"))

    sign_in = forms.ChoiceField(label=_("How we sign in"), choices=SIGN_IN)
    oauth_client_id = forms.CharField(label=_("Client id"), required=False, max_length=200)
    oauth_client_secret = _secret(_("Client secret"))
    oauth_tenant = forms.CharField(label=_("Microsoft tenant"), required=False, max_length=100)

    esp = forms.ChoiceField(label=_("Service"), required=False, choices=[("", "—"), *CHOICES])
    esp_api_key = _secret(_("API key"))
    esp_sender_domain = forms.CharField(label=_("Sender's domain there"), required=False, max_length=253)
    esp_webhook_key = _secret(
        _("Key of the web hook"), help_text=_("The signing key, or user:password of basic authentication.")
    )

    def clean_address(self) -> str:
        return normalise(self.cleaned_data["address"])

    def clean_reply_address(self) -> str:
        address = self.cleaned_data["reply_address"].strip()
        if address and not normalise(address.replace(PLACE, "token")):
            raise forms.ValidationError(_("This is not an address."))
        return address

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen ways need."""
        entered = self.cleaned_data
        needed: dict[str, bool] = {
            "imap_host": entered.get("incoming") == Incoming.IMAP,
            "smtp_host": entered.get("outgoing") == Outgoing.SMTP,
            "esp": Outgoing.ESP in (entered.get("outgoing"), entered.get("incoming")),
            "oauth_client_id": entered.get("sign_in") != SignIn.PASSWORD,
            "oauth_tenant": entered.get("sign_in") == SignIn.MICROSOFT_APP,
        }
        for name, is_needed in needed.items():
            if is_needed and not entered.get(name):
                self.add_error(name, _("This is needed for the way you chose."))
        return entered

    @staticmethod
    def starting_values(account: MailAccount) -> dict[str, Any]:
        """What the form shows at first; secrets are never shown again."""
        return {name: getattr(account, name) for name in EmailForm.base_fields if name not in SECRETS}
