"""Who may deliver where nothing is signed: the addresses from which the provider calls."""

from __future__ import annotations

import ipaddress

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels_app.contract import Rejected


class NetworksField(forms.CharField):
    """IP addresses and networks, one a line; kept in their normal form."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Addresses from which the provider calls"),
            required=False,
            max_length=4000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_(
                "One IP address or network a line, as in 203.0.113.0/24. Ask the provider for them: these web hooks are not"
                " signed, and where this stays empty only the secret address protects them."
            ),
        )

    def clean(self, value: str) -> str:
        """One network a line; refuses what is none."""
        try:
            return "\n".join(str(ipaddress.ip_network(line)) for line in super().clean(value).split())
        except ValueError as error:
            raise forms.ValidationError(
                _("This is not an IP address or network: %(reason)s") % {"reason": error}
            ) from error


def check(request: HttpRequest, networks: str) -> None:
    """Let in whoever calls from one of the networks, anybody where there are none; raises Rejected.

    Behind a proxy REMOTE_ADDR is the caller's own address already (helpdesk.proxy).
    """
    if networks and not is_within(request.META.get("REMOTE_ADDR", ""), networks):
        raise Rejected("this address is not the provider's")


def is_within(address: str, networks: str) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address may come as a mapped one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks.split())
