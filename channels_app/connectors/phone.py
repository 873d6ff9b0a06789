"""Telephone numbers: one form (E.164 with +) under which short messages, calls and messengers meet in one customer."""

from __future__ import annotations

import phonenumbers
from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.contract import Address

KIND = "phone"
# Fewer digits are a short code, which only means something inside its own network.
LEAST_DIGITS, MOST_DIGITS = 8, 15
# What Twilio and carriers put in place of a number that is withheld ("anonymous", and its letters on a telephone's keys).
WITHHELD = frozenset({"", "anonymous", "unknown", "restricted", "private", "unavailable", "+266696687", "266696687"})


def e164(raw: str, *, region: str = "") -> str:
    """A number typed by a person, as in 010-1234-5678 with the region KR; raises ValueError for what cannot be one."""
    try:
        number = phonenumbers.parse(raw.strip(), region.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(raw) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(raw)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def typed(raw: str, *, region: str = "") -> Address:
    """The address of a number typed by a person; raises ValueError."""
    return Address(KIND, e164(raw, region=region), raw=raw.strip())


def received(raw: str, *, name: str = "", is_verified: bool = True) -> Address:
    """The address of a sender as a provider gives it, with or without +; short codes and names hold in the account alone."""
    digits = raw.strip().removeprefix("+")
    if digits.isascii() and digits.isdigit() and LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        return Address(KIND, f"+{digits}", raw=raw, name=name, is_verified=is_verified)
    return Address(KIND, raw.strip() or "anonymous", raw=raw, name=name, is_local=True)


def is_withheld(raw: str) -> bool:
    """Whether a caller's number was not given to us."""
    return raw.strip().casefold() in WITHHELD


def bare(value: str) -> str:
    """A number without the plus, as some providers want it."""
    return value.removeprefix("+")


class RegionField(forms.CharField):
    """The country in which numbers typed without + are meant, as two letters."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Country of numbers typed without +"),
            help_text=_("Two letters, such as KR or US."),
            max_length=2,
            required=False,
            initial="KR",
        )

    def clean(self, value: str) -> str:
        """Upper case; refuses what is no country with telephones."""
        region = super().clean(value).upper()
        if region and region not in phonenumbers.SUPPORTED_REGIONS:
            raise forms.ValidationError(_("This is not the code of a country."))
        return region
