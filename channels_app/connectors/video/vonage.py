"""Vonage Video: a session made by their interface, a token for each guest, their script in a page of ours.

Interface and claims: vonage_video 1.6.1 (video.py, models/token.py).
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.vonage import tokens
from channels_app.connectors.vonage.problems import refusal
from channels_app.contract import TemporaryFailure
from channels_app.contract.connector import Connector
from channels_app.contract.rooms import Guest, Room, Seat


def open_session(connector: Connector) -> dict[str, str]:
    """A new session; raises DeliveryError."""
    form = {"archiveMode": "manual", "p2p.preference": "disabled"}
    url = f"{connector.endpoint('vonage')}/session/create"
    headers = {**tokens.bearer(connector), "Accept": "application/json"}
    answer = http.request("POST", url, headers=headers, form=form)
    if not answer.is_ok:
        raise refusal(answer)
    made = answer.json()
    session = made[0].get("session_id") if isinstance(made, list) and made and isinstance(made[0], dict) else None
    if not isinstance(session, str):
        raise TemporaryFailure("no session in the answer", code="session", advice=_("Try again in a moment."))
    return {"session": session}


def seat(connector: Connector, room: Room, guest: Guest, until: datetime) -> Seat:
    """What Vonage's script needs to enter as this guest."""
    session = str(room.details.get("session", ""))
    token = tokens.issue(
        connector,
        scope="session.connect",
        sub="video",
        acl={"paths": {"/session/**": {}}},
        session_id=session,
        role="moderator" if guest.is_host else "publisher",
        connection_data=guest.key,
        initial_layout_class_list="",
        exp=int(until.timestamp()),
    )
    application = str(connector.account.config.get("application_id", ""))
    options = {"application": application, "session": session, "token": token, "name": guest.name}
    return Seat(until, script=connector.endpoint("vonage_script"), options=options)
