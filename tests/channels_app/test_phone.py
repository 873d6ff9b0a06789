import re

import pytest
from django import forms

from channels_app.connectors import phone


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("010-1234-5678", "KR", "+821012345678"),
        ("+82 10 1234 5678", "US", "+821012345678"),
        ("02-312-3456", "kr", "+8223123456"),
        ("+1 (415) 555-2671", "", "+14155552671"),
    ],
)
def test_a_typed_number_gets_one_form(typed: str, region: str, number: str) -> None:
    assert phone.e164(typed, region=region) == number
    assert phone.typed(typed, region=region).value == number


@pytest.mark.parametrize("typed", ["", "carol@shop.example", "12", "010-1234-5678-9012-3456", "010-1234-5678"])
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(typed)}$"):
        phone.e164(typed)


def test_providers_numbers_meet_with_and_without_plus() -> None:
    with_plus, without = phone.received("+447700900001"), phone.received("447700900001")
    assert with_plus.value == without.value == "+447700900001"
    assert with_plus.is_verified
    assert not with_plus.is_local


@pytest.mark.parametrize("sender", ["15880", "BANK", "+82"])
def test_short_codes_and_names_hold_in_the_account_alone(sender: str) -> None:
    address = phone.received(sender)
    assert (address.value, address.is_local, address.is_verified) == (sender, True, False)


def test_withheld_numbers_are_known() -> None:
    assert phone.is_withheld("Anonymous")
    assert phone.is_withheld("+266696687")
    assert not phone.is_withheld("+447700900001")


def test_the_region_is_a_country() -> None:
    field = phone.RegionField()
    assert field.clean("kr") == "KR"
    with pytest.raises(forms.ValidationError):
        field.clean("XX")
