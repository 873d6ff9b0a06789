"""Somebody in a group is not the same address as they in private: an answer must never go to the wrong of the two."""

from __future__ import annotations

from channels_app.contract import Address

BETWEEN = ":"


def placed(kind: str, user: str, place: str = "", *, name: str = "") -> Address:
    """The address of a user: alone, or within a group; the provider vouches for it, it holds in the account only."""
    value = f"{place}{BETWEEN}{user}" if place else user
    return Address(kind, value, raw=value, name=name[:160], is_verified=True, is_local=True)


def place_of(address: Address) -> str:
    """The group in which an address lies; blank for a private one."""
    return address.value.rpartition(BETWEEN)[0]


def user_of(address: Address) -> str:
    """Who it is, wherever."""
    return address.value.rpartition(BETWEEN)[2]
