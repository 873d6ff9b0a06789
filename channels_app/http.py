"""The one door for outgoing HTTP: time limits, size caps, no way into the own network, errors as the contract names them."""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.contract import AccountFailure, PermanentFailure, TemporaryFailure, UnknownOutcome

# httpx logs whole addresses, and some providers want the token in them.
logging.getLogger("httpx").setLevel(logging.WARNING)

MEGABYTE = 1024 * 1024
CONNECT_SECONDS = 5.0
# The limit that is asked for holds for each piece of an answer; all of it may take so many times as long.
WHOLE = 3
MOST_REDIRECTS = 3
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What may follow a redirect; everything else could be a credential.
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "user-agent"})

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
# Whose last four bytes are an IPv4 address: IPv4-compatible ones, those translated by SIIT, and NAT64's.
CARRYING_IPV4 = [ipaddress.ip_network(network) for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")]
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
TOO_BIG = _("The file is too big and was left where it is.")


class Forbidden(PermanentFailure):
    """The address lies in a network that outgoing requests must not reach."""


@dataclass(frozen=True)
class Answer:
    """What a server answered: status, headers with lower-case names, the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks us to wait; None where it names none."""
        return _retry_after(self.headers.get("retry-after", ""))

    def json(self) -> Any:
        """The body as JSON; raises TemporaryFailure where it is none (an error page of a proxy, say)."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise TemporaryFailure(f"{self.url} answered no JSON", code=str(self.status)) from error

    def raise_for_status(self) -> Answer:
        """Turn a refusal into the contract's errors; gives itself back where all is well."""
        if self.is_ok:
            return self
        words, code = f"{self.url} answered {self.status}", str(self.status)
        if self.status in (401, 403):
            raise AccountFailure(words, code=code, advice=_("Connect the channel again: its access was refused."))
        if self.status in (408, 425, 429) or self.status >= 500:
            raise TemporaryFailure(words, code=code, retry_after=self.retry_after)
        raise PermanentFailure(words, code=code)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json_body: object = None,
    form: Mapping[str, str | Sequence[str]] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    content: bytes | None = None,
    seconds: float = 20.0,
    max_bytes: int = 5 * MEGABYTE,
) -> Answer:
    """Send one request and read the whole answer; redirects are followed for GET alone, without credentials.

    Raises TemporaryFailure where nothing was sent, UnknownOutcome where a POST may have arrived, PermanentFailure (as
    Forbidden) for an address that is out of bounds. Never tries twice. An answer that is larger than what the desk keeps
    of a file is not read, however much the caller would take.
    """
    until = time.monotonic() + seconds * WHOLE
    with _client(seconds) as client, _callable():
        asked = client.build_request(
            method, url, headers=headers, params=params, json=json_body, data=form, files=files, content=content
        )
        for _hop in range(MOST_REDIRECTS + 1):
            answer = _send(client, asked, max_bytes, until)
            if not (300 <= answer.status < 400 and asked.method in SAFE_METHODS and "location" in answer.headers):
                return answer
            asked = _onward(client, asked, answer)
    raise PermanentFailure(f"{asked.url.host} redirects too often", code="redirects")


@contextmanager
def _callable() -> Iterator[None]:
    """An address that is none, ours or one that came in a payload or a redirect, is refused; it may hold a token."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
        raise PermanentFailure(f"an address that cannot be called: {type(error).__name__}", code="url") from None


@contextmanager
def repeatable() -> Iterator[None]:
    """Around a POST that does no harm when it is made twice (an upload, a token): a break in it is a mere delay."""
    try:
        yield
    except UnknownOutcome as error:
        raise TemporaryFailure(str(error), code=error.code) from error


def basic(user: str, password: str) -> dict[str, str]:
    """The header of basic authentication (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def lies_with(url: str, *, beside: str, domains: Iterable[str]) -> bool:
    """Whether an address is a provider's: encrypted at one of its domains (".one.example"), or where its interface is."""
    try:
        asked, own = urlsplit(url), urlsplit(beside)
        is_own = (asked.scheme, asked.hostname, asked.port) == (own.scheme, own.hostname, own.port)
    except ValueError:
        return False
    host = f".{asked.hostname or ''}"
    return is_own or (asked.scheme == "https" and asked.port in (None, 443) and host.endswith(tuple(domains)))


def check_host(host: str, port: int) -> list[str]:
    """The addresses behind a name, all of them allowed; raises Forbidden or TemporaryFailure."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TemporaryFailure(f"{host} was not found", code="dns") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_allowed(address):
            raise Forbidden(
                f"{host} is {address}",
                code="private",
                advice=_("This address lies in the own network and is not called."),
            )
    return addresses


def is_allowed(address: str) -> bool:
    """Whether outgoing requests may reach an IP address: public ones, and networks that settings name."""
    written = ipaddress.ip_address(address.partition("%")[0])
    meant = _meant(written)
    named = (ipaddress.ip_network(network) for network in settings.OUTGOING_ALLOWED_NETWORKS)
    return any(written in network or meant in network for network in named) or _is_public(meant)


def _meant(ip: IP) -> IP:
    """The IPv4 address that an IPv6 one stands for: mapped, of 6to4, or behind a NAT64 (RFC 4291, 3056, 6052)."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return ip
    within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if any(ip in network for network in CARRYING_IPV4) else None
    return ip.ipv4_mapped or ip.sixtofour or within or ip


def _is_public(ip: IP) -> bool:
    is_of_a_site = isinstance(ip, ipaddress.IPv6Address) and (ip.is_site_local or ip in LOCAL_NAT64)
    return ip.is_global and not ip.is_multicast and not is_of_a_site


class _GuardedBackend(httpcore.SyncBackend):
    """Connects to the very address that was checked: a name that changes its mind in between gets nowhere."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = check_host(host, port)
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


class _GuardedTransport(httpx.HTTPTransport):
    """The stock transport on a pool that only makes guarded connections."""

    def __init__(self) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_GuardedBackend())


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=True)


def _client(seconds: float) -> httpx.Client:
    limits = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    agent = {"User-Agent": "Ieum"}
    # trust_env off: a proxy named by the environment would resolve names out of the guard's sight.
    return httpx.Client(transport=_GuardedTransport(), timeout=limits, headers=agent, trust_env=False)


def _send(client: httpx.Client, asked: httpx.Request, max_bytes: int, until: float) -> Answer:
    try:
        response = client.send(asked, stream=True)
        try:
            body = _read(response, max_bytes, until)
        finally:
            response.close()
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        raise
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise TemporaryFailure(f"{asked.url.host} was not reached: {error}", code="connect") from error
    except httpx.HTTPError as error:
        raise _broken(asked, error) from error
    return Answer(response.status_code, dict(response.headers), body, _without_query(asked.url))


def _broken(asked: httpx.Request, error: httpx.HTTPError) -> TemporaryFailure | UnknownOutcome:
    """The link broke after the request had begun: only a harmless request may be repeated."""
    words = f"{asked.url.host}: {type(error).__name__}"
    return TemporaryFailure(words, code="link") if asked.method in SAFE_METHODS else UnknownOutcome(words, code="link")


def _read(response: httpx.Response, max_bytes: int, until: float) -> bytes:
    body, most = bytearray(), min(max_bytes, settings.ATTACHMENT_MAX_BYTES)
    for chunk in response.iter_bytes():
        body += chunk
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the answer drips")
        if len(body) > most:
            raise PermanentFailure(f"{response.url.host} answered more than {most} bytes", code="size", advice=TOO_BIG)
    return bytes(body)


def _onward(client: httpx.Client, asked: httpx.Request, answer: Answer) -> httpx.Request:
    headers = {name: value for name, value in asked.headers.items() if name.lower() in HARMLESS_HEADERS}
    return client.build_request(asked.method, asked.url.join(answer.headers["location"]), headers=headers)


def _without_query(url: httpx.URL) -> str:
    """An address fit for logs: tokens travel in queries."""
    return str(url.copy_with(query=None, username=None, password=None))


def _retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or as a date."""
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - timezone.now()).total_seconds())
    except (TypeError, ValueError):
        return None
