"""What the host shop told of a customer, as the panel beside a conversation shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

MOST_LINES = 8
LINES = {"topic": _("Topic"), "member_since": _("Member since"), "number": _("Member number"), "plan": _("Plan")}
# What East Asian readers count in, and others.
TEN_THOUSANDS = ((100_000_000, "억"), (10_000, "만"))
THOUSANDS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K"))


@dataclass(frozen=True)
class Order:
    """One order: what, how much, its number and how it stands."""

    name: str
    amount: str = ""
    number: str = ""
    detail: str = ""
    state: str = ""
    is_problem: bool = False


@dataclass(frozen=True)
class Facts:
    """Up to three numbers, recent orders, and plain lines of a label and a value."""

    stats: list[tuple[str, str]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)


def read(told: Any) -> Facts:
    """Sort what was told by how it is drawn; what is not understood is passed over, never an error."""
    if not isinstance(told, Mapping):
        return Facts()
    return Facts(_stats(told)[:3], _orders(told)[:3], _lines(told)[:MOST_LINES])


def _stats(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    if _is_number(score := told.get("satisfaction")):
        found.append((gettext("Satisfaction"), number_format(score, 1)))
    if isinstance(orders := told.get("orders"), int):
        found.append((gettext("Orders"), ngettext("%(n)d", "%(n)d", orders) % {"n": orders}))
    if _is_number(spent := told.get("spent_krw")):
        found.append((gettext("Spent"), compact(spent)))
    given = told.get("stats")
    own = given if isinstance(given, list) else []
    return found + [(str(one.get("label", "")), str(one.get("value", ""))) for one in own if isinstance(one, Mapping)]


def _orders(told: Mapping[str, Any]) -> list[Order]:
    last, given = told.get("last_order"), told.get("orders")
    listed = given if isinstance(given, list) else []
    return [_order(one) for one in [last, *listed] if isinstance(one, Mapping)]


def _order(told: Mapping[str, Any]) -> Order:
    amount = told.get("amount_krw")
    number = str(told.get("number", ""))
    return Order(
        name=str(told.get("product") or told.get("name") or ""),
        amount=won(amount) if _is_number(amount) else str(told.get("amount", "")),
        number=number if number.startswith("#") or not number else f"#{number}",
        detail=str(told.get("detail", "")),
        state=str(told.get("state", "")),
        is_problem=bool(told.get("is_problem")),
    )


def _lines(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    drawn = {"satisfaction", "orders", "spent_krw", "stats", "last_order"}
    plain = {name: value for name, value in told.items() if name not in drawn and isinstance(value, str | int | float)}
    return [(str(LINES.get(name, name)), str(value)) for name, value in plain.items()]


def won(amount: float) -> str:
    """An amount in Korean won."""
    return gettext("₩%(amount)s") % {"amount": number_format(int(amount), force_grouping=True)}


def compact(number: float) -> str:
    """A number as short as it can be said: 128만, 1.3M."""
    is_korean = (get_language() or "").startswith(("ko", "ja", "zh"))
    for size, name in TEN_THOUSANDS if is_korean else THOUSANDS:
        if number >= size:
            return f"{number_format(round(number / size, 1 if number < 10 * size else None))}{name}"
    return number_format(number)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
