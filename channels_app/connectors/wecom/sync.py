"""Fetching what a callback announced: the callback itself says only that there is something, never what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.connectors.wechat_api import Api
from channels_app.connectors.wecom.inbound import FROM_CUSTOMER
from channels_app.contract import DeliveryError, Inlet, LeaseLost

MOST_AT_ONCE = 1000
# The token of a callback, which lifts the limit on asking, ends after ten minutes (recall).
TOKEN_ENDED = "95007"  # noqa: S105
BY_THE_API = 1


def drain(api: Api, inlet: Inlet, hint: Mapping[str, str], *, keeps_sessions: bool) -> None:
    """Read one customer service account to its end. The cursor moves behind a page with the last message of it."""
    open_kfid = hint.get("open_kfid", "")
    wrote: set[str] = set()
    for page in _pages(api, inlet, open_kfid, hint.get("token", "")):
        found = tolerant.items(page, "msg_list")
        wrote |= {
            tolerant.text(one, "external_userid") for one in found if tolerant.whole(one, "origin") == FROM_CUSTOMER
        }
        _keep(inlet, found, _behind(inlet.cursor, open_kfid, tolerant.text(page, "next_cursor")))
    if keeps_sessions:
        _hold(api, open_kfid, wrote - {""})


def _pages(api: Api, inlet: Inlet, open_kfid: str, token: str) -> Iterator[Json]:
    while True:
        if not inlet.is_open:
            raise LeaseLost(open_kfid)
        page = _page(api, open_kfid, tolerant.text(inlet.cursor, "kf", open_kfid), token)
        yield page
        if not tolerant.whole(page, "has_more"):
            return


def _page(api: Api, open_kfid: str, cursor: str, token: str) -> Json:
    asked = {"cursor": cursor, "token": token, "limit": MOST_AT_ONCE, "voice_format": 0, "open_kfid": open_kfid}
    try:
        return api.ask("kf/sync_msg", asked)
    except DeliveryError as error:
        if error.code != TOKEN_ENDED or not token:
            raise
        return api.ask("kf/sync_msg", {**asked, "token": ""})


def _keep(inlet: Inlet, found: list[Json], cursor: Mapping[str, Any]) -> None:
    """Each message of a page; a crash among them reads the page again, and known ones are recognised by their id."""
    for number, one in enumerate(found, 1):
        body = json.dumps(one, ensure_ascii=False).encode("utf-8", "replace")
        inlet.keep(body, cursor=cursor if number == len(found) else inlet.cursor, headers={})
    if not found:
        inlet.skip(cursor)


def _behind(cursor: Mapping[str, Any], open_kfid: str, place: str) -> Mapping[str, Any]:
    places = dict(tolerant.obj(cursor, "kf"))
    return {**cursor, "kf": {**places, open_kfid: place or places.get(open_kfid, "")}}


def _hold(api: Api, open_kfid: str, customers: Iterable[str]) -> None:
    """Claim new sessions for the API, so that WeCom's own queue does not take them; those it has are left alone."""
    for external_userid in sorted(customers):
        asked = {"open_kfid": open_kfid, "external_userid": external_userid}
        try:
            state = api.ask("kf/service_state/get", asked)
            if tolerant.number(state, "service_state") == 0:
                api.ask("kf/service_state/trans", {**asked, "service_state": BY_THE_API})
        except DeliveryError:
            return  # what was read is kept; the next message gives another chance
