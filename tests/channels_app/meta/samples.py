"""Accounts at Meta, their payload files, and payload files in which something is not what it should be."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from channels_app.contract import Connector, Inbound
from tests.channels_app.outside import connector, envelope
from tests.channels_app.test_tolerant import ODD

SECRETS = {"access_token": "EAAG-an-access-token-of-some-length", "app_secret": "meta_app_secret"}
APP = "424242424242"
PAGE = "1055501234567"
ACCOUNT = "17841400000000001"
NUMBER = "106540352242922"
BUSINESS = "102290129340398"
ACCOUNTS: dict[str, dict[str, Any]] = {
    "whatsapp": {"phone_number_id": NUMBER, "business_account_id": BUSINESS, "app_id": APP, "region": "KR"},
    "messenger": {"page_id": PAGE, "app_id": APP},
    "instagram": {"account_id": ACCOUNT, "page_id": PAGE, "login": "facebook", "app_id": APP},
}


def account(kind: str, **config: Any) -> Connector:
    return connector(kind, secrets=SECRETS, **{**ACCOUNTS[kind], **config})


def path(kind: str, name: str) -> Path:
    return Path(__file__).parent.parent / kind / "payloads" / f"{name}.json"


def names(kind: str) -> list[str]:
    return sorted(file.stem for file in path(kind, "x").parent.glob("*.json"))


def parsed(kind: str, name: str, **config: Any) -> list[Inbound]:
    return list(account(kind, **config).parse(envelope(path(kind, name).read_bytes())))


@st.composite
def spoilt(draw: st.DrawFn, kind: str) -> Any:
    """A payload file in which one place, anywhere, holds something odd or nothing at all."""
    body = json.loads(path(kind, draw(st.sampled_from(names(kind)))).read_bytes())
    spots = list(_spots(body))
    holder, key = draw(st.sampled_from(spots))
    if draw(st.booleans()):
        holder[key] = draw(ODD)
    else:
        del holder[key]
    return body


def _spots(node: Any) -> Any:
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _spots(node[key])


def shuffled(kind: str, name: str, order: list[int]) -> list[Inbound]:
    """The entries of a payload file in another order, each of them twice."""
    body = json.loads(path(kind, name).read_bytes())
    entries = body["entry"]
    body["entry"] = [copy.deepcopy(entries[number % len(entries)]) for number in [*order, *range(len(entries))]]
    return list(account(kind).parse(envelope(body)))
