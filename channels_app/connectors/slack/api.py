"""Calling Slack's Web API: HTTP 200 says nothing, `ok` in the body does. Fields and errors are partly from memory."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import UNKNOWN_PROBLEM, Connector, DeliveryError, Problem, Trouble, UnknownOutcome

_TOKEN = _("Slack refuses the app's token. Install the app again and enter the new token in the channel's settings.")
_SCOPE = _("The Slack app may not do this. Give it the scopes of the manifest and install it again.")
_CHANNEL = _("The app is not in this Slack channel any more. Invite it with /invite.")
_PAYLOAD = _("Slack does not take this message as it is. Change it, or use another channel.")

PROBLEMS: dict[str, Problem] = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required"),
        Problem(Trouble.AUTH, _TOKEN),
    ),
    **dict.fromkeys(("missing_scope", "no_permission", "not_allowed_token_type"), Problem(Trouble.AUTH, _SCOPE)),
    **dict.fromkeys(
        ("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_in_channel"),
        Problem(Trouble.RECIPIENT, _CHANNEL),
    ),
    **dict.fromkeys(
        ("user_not_found", "user_disabled", "cannot_dm_bot", "user_not_visible", "messages_tab_disabled"),
        Problem(Trouble.RECIPIENT, _("Slack no longer reaches this person. Use another channel."), is_unreachable=True),
    ),
    **dict.fromkeys(
        ("msg_too_long", "no_text", "invalid_blocks", "too_many_attachments", "file_upload_size_restricted"),
        Problem(Trouble.PAYLOAD, _PAYLOAD),
    ),
    **dict.fromkeys(
        ("thread_not_found", "cannot_reply_to_message", "message_not_found"), Problem(Trouble.PAYLOAD, _PAYLOAD)
    ),
    "ratelimited": Problem(Trouble.RATE),
    "rate_limited": Problem(Trouble.RATE),
    **dict.fromkeys(
        ("fatal_error", "internal_error", "service_unavailable", "request_timeout"), Problem(Trouble.TRANSIENT)
    ),
}


class Refused(Exception):
    """Slack said no: its word for it, and how long to wait where it named that."""

    def __init__(self, error: str, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.retry_after = retry_after

    def failure(self) -> DeliveryError:
        """The contract's error for it."""
        problem = PROBLEMS.get(self.error, UNKNOWN_PROBLEM)
        return problem.failure(f"Slack: {self.error}"[:300], code=self.error, retry_after=self.retry_after)


def ask(connector: Connector, method: str, **payload: Any) -> tolerant.Json:
    """Call a method with JSON: what it answers. Raises DeliveryError."""
    try:
        return call(connector, method, payload)
    except Refused as refused:
        raise refused.failure() from refused


def look(connector: Connector, method: str, **params: str) -> tolerant.Json:
    """Call a method that only reads; it takes no JSON. Raises DeliveryError."""
    url = f"{connector.endpoint('api')}/{method}"
    try:
        return _said(http.request("GET", url, headers=bearer(connector), params=params))
    except Refused as refused:
        raise refused.failure() from refused


def call(connector: Connector, method: str, payload: dict[str, Any]) -> tolerant.Json:
    """Call a method with JSON; raises Refused, or DeliveryError of the net."""
    url = f"{connector.endpoint('api')}/{method}"
    return _said(http.request("POST", url, headers=bearer(connector), json_body=payload))


def bearer(connector: Connector) -> dict[str, str]:
    return {"Authorization": f"Bearer {connector.account.secrets.get('bot_token', '')}"}


def _said(answer: http.Answer) -> tolerant.Json:
    if not answer.is_ok:
        wait = tolerant.number({"after": answer.headers.get("retry-after")}, "after")
        error = tolerant.text(tolerant.peek(answer.body), "error")
        raise Refused(error or ("ratelimited" if answer.status == 429 else "service_unavailable"), wait)
    said = tolerant.peek(answer.body)
    if said.get("ok") is True:
        return said
    if not said:
        raise UnknownOutcome("Slack answered without JSON", code="json")
    raise Refused(tolerant.text(said, "error") or "unknown")
