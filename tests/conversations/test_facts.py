"""What a shop told of a customer: shown where it is understood, harmless where it is not."""

import pytest
from django.utils import translation

from conversations.stream import facts


def test_numbers_orders_and_lines_are_sorted_by_how_they_are_drawn():
    told = {
        "satisfaction": 4.2,
        "orders": 6,
        "spent_krw": 1_280_000,
        "last_order": {"number": "58014", "product": "Speaker", "amount_krw": 91000},
        "member_since": "2024-04",
        "Coupon": "SPRING",
    }
    with translation.override("ko"):
        read = facts.read(told)
    assert [value for _label, value in read.stats] == ["4.2", "6회", "128만"]
    assert read.orders == [facts.Order("Speaker", "91,000원", "#58014")]
    assert [value for _label, value in read.lines] == ["2024-04", "SPRING"]


def test_a_host_may_name_its_own_numbers_and_orders():
    order = {"name": "Speaker", "amount": "89 €", "number": "#7", "state": "Lost", "is_problem": True}
    read = facts.read({"stats": [{"label": "Points", "value": "30"}], "orders": [order]})
    assert read.stats == [("Points", "30")]
    assert read.orders[0].is_problem


@pytest.mark.parametrize("told", [None, [], "x", {"stats": "x", "orders": [1], "last_order": 3, "satisfaction": True}])
def test_what_is_not_understood_is_passed_over(told):
    assert facts.read(told) == facts.Facts()


@pytest.mark.parametrize(
    ("number", "korean", "english"), [(950, "950", "950"), (12_500, "1.2만", "12K"), (252_000, "25만", "252K")]
)
def test_numbers_are_said_shortly(number, korean, english):
    with translation.override("ko"):
        assert facts.compact(number) == korean
    with translation.override("en"):
        assert facts.compact(number) == english
