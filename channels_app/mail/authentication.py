"""Whether From may be believed: the Authentication-Results (RFC 8601) of a server we trust, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from channels_app.mail.addresses import domain_of, read_addresses
from channels_app.mail.headers import Headers

_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_RESULT = re.compile(r"^\s*([a-z][a-z0-9-]*)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(smtp|header|body|policy)\s*\.\s*([a-z0-9_-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)
_WORD = re.compile(r"[^\s;=]+")


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result with its properties (`header.d`, `smtp.mailfrom`…)."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What our own server found. All "" when no trusted header is there; `from_verified` is the only thing to rely on."""

    dmarc: str = ""
    dkim: str = ""
    spf: str = ""
    from_verified: bool = False
    server: str = ""


def authentication(headers: Headers, trusted: Iterable[str]) -> Verdict:
    """Read the header our server added. It is on top: a header of the same name further down is the sender's.

    `trusted` are authserv-ids ("mx.example.com"); "" trusts a topmost header without an id, as Microsoft 365 writes it.
    """
    own = {server.lower() for server in trusted}
    server, results = _trusted_results(headers, own)
    if not server and not results:
        return Verdict()
    sender = _only_sender(headers)
    return Verdict(
        dmarc=_best(results, "dmarc"),
        dkim=_best(results, "dkim"),
        spf=_best(results, "spf"),
        from_verified=bool(sender) and any(_vouches(result, sender) for result in results),
        server=server,
    )


def _trusted_results(headers: Headers, own: set[str]) -> tuple[str, list[Result]]:
    """The topmost header alone, if a server of ours wrote it."""
    server, results = read_results(headers.raw("Authentication-Results"))
    return (server, results) if server in own else ("", [])


def read_results(raw: str) -> tuple[str, list[Result]]:
    """Split one header into the server's name and its results. Tolerant: what it cannot read it leaves out."""
    first, *rest = _statements(raw)
    if _RESULT.match(first):
        return "", [result for statement in (first, *rest) if (result := _result(statement))]
    word = _WORD.match(first.strip())
    return word[0].lower() if word else "", [result for statement in rest if (result := _result(statement))]


def _statements(raw: str) -> list[str]:
    """Cut at semicolons outside quotes, comments taken out first (they nest)."""
    bare = raw[:8000]
    for _ in range(5):
        bare = _COMMENT.sub(" ", bare)
    quoted = bare.split('"')
    pieces = "".join(part.replace(";", "\n") if at % 2 == 0 else part for at, part in enumerate(quoted))
    return pieces.split("\n")[:60]


def _result(statement: str) -> Result | None:
    match = _RESULT.match(statement)
    if not match:
        return None
    properties = {
        f"{kind}.{name}".lower(): value.strip('"').lower() for kind, name, value in _PROPERTY.findall(statement)
    }
    return Result(match[1].lower(), match[2].lower(), properties)


def _best(results: list[Result], method: str) -> str:
    """A pass if there is one (a mail may carry several signatures), else the first result."""
    found = [result.result for result in results if result.method == method]
    return "pass" if "pass" in found else next(iter(found), "")


def _only_sender(headers: Headers) -> str:
    """The domain of From; "" where From is missing or ambiguous, so that nothing can be vouched for."""
    if headers.count("From") != 1:
        return ""
    found = read_addresses(headers.raw_all("From"))
    written = headers.raw("From")
    if len(found) != 1 or written.count("<") > 1:
        return ""
    return domain_of(found[0].address)


def _vouches(result: Result, sender: str) -> bool:
    """DMARC passed for this From, or a signature of an aligned domain did. SPF alone says nothing about From."""
    if result.result != "pass":
        return False
    if result.method == "dmarc":
        return result.properties.get("header.from", sender).rpartition("@")[2] == sender
    if result.method == "dkim":
        signer = result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]
        return bool(signer) and _is_aligned(signer, sender)
    return False


def _is_aligned(signer: str, sender: str) -> bool:
    """The sender's own domain, or one above it. (One below may be anybody's: a customer's site of a hosting firm.)"""
    signer = signer.rstrip(".")
    return signer == sender or ("." in signer and sender.endswith(f".{signer}"))
