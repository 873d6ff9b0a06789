"""Twilio's REST interface, for messages and calls alike: keys, the account's addresses, errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.twilio.problems import problem
from channels_app.contract import FetchedFile, PermanentFailure, RemoteFile, TemporaryFailure
from channels_app.contract.connector import Connector

VERSION = "2010-04-01"
OWN_HOSTS = (".twilio.com",)


def post(connector: Connector, path: str, form: Mapping[str, str | Sequence[str]], *, of: str = "api") -> Any:
    """Do something; gives the JSON answered. Raises the contract's errors."""
    return _checked(http.request("POST", _address(connector, path, of), headers=_keys(connector), form=form))


def get(connector: Connector, path: str, *, of: str = "api", **params: str) -> Any:
    """Ask for something; gives the JSON answered. Raises the contract's errors."""
    url = _address(connector, path, of)
    return _checked(http.request("GET", url, headers=_keys(connector), params=params or None))


def fetch(connector: Connector, file: RemoteFile, *, max_bytes: int) -> FetchedFile:
    """A file that Twilio keeps for the account; our keys go to Twilio's own hosts alone."""
    if not http.lies_with(file.url, beside=connector.endpoint("api"), domains=OWN_HOSTS):
        raise PermanentFailure("the file is not at Twilio's", code="host", advice=_("The file is not kept by Twilio."))
    answer = http.request("GET", file.url, headers=_keys(connector), max_bytes=max_bytes, seconds=60)
    answer.raise_for_status()
    return FetchedFile(answer.body, answer.headers.get("content-type", ""))


def check(connector: Connector) -> None:
    """Ask Twilio for the account by its keys; raises DeliveryError."""
    if get(connector, ".json").get("status", "active") != "active":
        raise PermanentFailure("the account is not active", code="account", advice=_("Twilio has closed the account."))


def _address(connector: Connector, path: str, of: str) -> str:
    """Below the account in the first interface; the newer ones have their own roots."""
    if of != "api":
        return f"{connector.endpoint(of)}/{path}"
    return f"{connector.endpoint('api')}/{VERSION}/Accounts/{connector.account.config['account_sid']}{path}"


def _keys(connector: Connector) -> dict[str, str]:
    """An API key where there is one: it can be withdrawn alone."""
    config, secrets = connector.account.config, connector.account.secrets
    if config.get("api_key") and secrets.get("api_secret"):
        return http.basic(config["api_key"], secrets["api_secret"])
    return http.basic(config["account_sid"], secrets.get("auth_token", ""))


def _checked(answer: http.Answer) -> Any:
    if answer.is_ok:
        return answer.json() if answer.body else {}
    said = _said(answer)
    code = str(said.get("code") or answer.status)
    raise problem(code, answer.status).failure(str(said.get("message") or f"HTTP {answer.status}"), code=code)


def _said(answer: http.Answer) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except TemporaryFailure:
        return {}
    return said if isinstance(said, Mapping) else {}
