"""The port to the message service provider (MSP) behind which a business is: Apple's own wire, or somebody else's instead.

Whatever the provider, what comes in becomes the dictionary that Apple's interface describes (`v`, `id`, `type`, `sourceId`,
`body`, …), and what goes out is one. A further provider is one class with these methods and one line in MSPS.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import jwt
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.apple import crypto
from channels_app.connectors.tolerant import Json, load, text
from channels_app.contract import PermanentFailure, Problem, Rejected, TemporaryFailure, Trouble, UnknownOutcome

if TYPE_CHECKING:
    from django.http import HttpRequest

LARGEST_BODY = 10 * 1024 * 1024
LARGEST_FILE = 100 * 1024 * 1024
# Apple's tokens name no end; theirs are made for one request.
TOKEN_SECONDS = 3600

PROBLEMS: dict[int, Problem] = {
    400: Problem(Trouble.PAYLOAD, _("Apple refuses this message.")),
    401: Problem(Trouble.AUTH, _("Apple refuses the key. Enter the provider's ID and secret again.")),
    403: Problem(Trouble.AUTH, _("Apple does not know this business behind this provider. Check the business ID.")),
    # What 404 and 410 mean stands in a table that was not readable: they are taken for a conversation that was closed.
    404: Problem(Trouble.WINDOW, _("The customer has closed this conversation. They have to write again first.")),
    410: Problem(Trouble.WINDOW, _("The customer has closed this conversation. They have to write again first.")),
    413: Problem(Trouble.PAYLOAD, _("The message is too large for Apple.")),
    429: Problem(Trouble.RATE),
}
REFUSED = Problem(Trouble.PAYLOAD)
AWAY = Problem(Trouble.TRANSIENT)


class TooLarge(ValueError):
    """A body that unpacks to more than anybody would send."""


class Msp(Protocol):
    """What the connector needs of a provider."""

    def authenticate(self, request: HttpRequest) -> None:
        """Check that the provider sent this; raises Rejected."""

    def unpacked(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The JSON of a request's body; raises ValueError."""

    def download(self, file: Json, *, seconds: float) -> bytes:
        """The decrypted bytes of an attachment or a reference; raises DeliveryError."""

    def decode(self, content: bytes, bid: str, *, seconds: float) -> Json:
        """The interactive data in a reference's bytes; raises DeliveryError."""

    def upload(self, content: bytes) -> dict[str, str]:
        """Encrypt and leave a file: what names it in a message. Raises DeliveryError."""

    def post(self, said: Mapping[str, Any], *, is_automatic: bool) -> None:
        """Send one dictionary; raises DeliveryError."""

    def check(self) -> None:
        """Prove that the provider lets us in; raises DeliveryError."""


class AppleGateway:
    """Apple's own REST interface: for those who are a provider themselves."""

    def __init__(self, *, url: str, msp_id: str, business_id: str, secrets: Sequence[str]) -> None:
        self.url, self.msp_id, self.business_id, self.secrets = url, msp_id, business_id, secrets

    # ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────
    def authenticate(self, request: HttpRequest) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.headers.get("destination-id", self.business_id) != self.business_id:
            raise Rejected("this is for another business")
        issued_at = next(filter(None, (self._issued_at(token, secret) for secret in self.secrets)), None)
        if issued_at is None or abs(timezone.now().timestamp() - issued_at) > TOKEN_SECONDS:
            raise Rejected("no secret of this channel signed the token lately")

    def _issued_at(self, token: str, secret: str) -> float | None:
        """When a token was made; None where this secret did not sign it for us."""
        try:
            claims = jwt.decode(
                token,
                secret_key(secret),
                ["HS256"],
                audience=self.msp_id,
                options={"require": ["iat", "aud"], "verify_iat": False, "verify_exp": False},
            )
            return float(claims["iat"])
        except (jwt.PyJWTError, ValueError, TypeError):
            return None

    def unpacked(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        packing = next((value for name, value in headers.items() if name.lower() == "content-encoding"), "")
        if packing.lower() != "gzip":
            return body
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
                plain = file.read(LARGEST_BODY + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError("the body is not packed as it says") from error
        if len(plain) > LARGEST_BODY:
            raise TooLarge(f"more than {LARGEST_BODY} bytes")
        return plain

    def download(self, file: Json, *, seconds: float) -> bytes:
        signature = text(file, "signature-base64") or crypto.base64_of_hex(text(file, "signature"))
        named = {"url": text(file, "url"), "owner": text(file, "owner"), "signature": signature}
        told = self._get("preDownload", named, seconds=seconds)
        answer = http.request("GET", text(told, "download-url"), seconds=seconds, max_bytes=LARGEST_FILE)
        try:
            return crypto.crypt(answer.raise_for_status().body, text(file, "key"))
        except ValueError as error:
            raise PermanentFailure("the key of the file is none", code="key") from error

    def decode(self, content: bytes, bid: str, *, seconds: float) -> Json:
        headers = {**self._headers(), "bid": bid}
        answer = http.request("POST", f"{self.url}/decodePayload", headers=headers, content=content, seconds=seconds)
        return _json(_accepted(answer))

    # ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────
    def upload(self, content: bytes) -> dict[str, str]:
        place = self._get("preUpload", {"MMCS-Size": str(len(content))})
        key = crypto.new_key()
        try:
            answer = http.request(
                "POST", text(place, "upload-url"), content=crypto.crypt(content, key), seconds=120.0
            ).raise_for_status()
        except UnknownOutcome as error:  # a file that nobody names does no harm
            raise TemporaryFailure(str(error), code=error.code) from error
        checksum = text(_json(answer), "singleFile", "fileChecksum")
        where = {"url": text(place, "mmcs-url"), "owner": text(place, "mmcs-owner")}
        return {**where, "signature-base64": checksum, "key": key}

    def post(self, said: Mapping[str, Any], *, is_automatic: bool) -> None:
        headers = {
            **self._headers(),
            "id": str(said["id"]),
            "Destination-Id": str(said["destinationId"]),
            "auto-reply": "true" if is_automatic else "false",
        }
        _accepted(http.request("POST", f"{self.url}/message", headers=headers, json_body=dict(said)))

    def check(self) -> None:
        self._get("preUpload", {"MMCS-Size": "1"})

    def _get(self, path: str, headers: Mapping[str, str], *, seconds: float = 20.0) -> Json:
        asked = {**self._headers(), **headers}
        return _json(_accepted(http.request("GET", f"{self.url}/{path}", headers=asked, seconds=seconds)))

    def _headers(self) -> dict[str, str]:
        claims = {"iss": self.msp_id, "iat": int(timezone.now().timestamp())}
        token = jwt.encode(claims, secret_key(self.secrets[0] if self.secrets else ""), "HS256")
        return {"Authorization": f"Bearer {token}", "Source-Id": self.business_id}


MSPS: dict[str, type[AppleGateway]] = {"apple": AppleGateway}


def secret_key(secret: str) -> bytes:
    """Apple's secret is base64, and what it stands for signs; raises ValueError."""
    try:
        return base64.b64decode(secret, validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error


def _accepted(answer: http.Answer) -> http.Answer:
    if answer.is_ok:
        return answer
    problem = PROBLEMS.get(answer.status, AWAY if answer.status >= 500 or answer.status == 408 else REFUSED)
    words = answer.body[:200].decode("utf-8", "replace").strip() or f"{answer.url} answered {answer.status}"
    raise problem.failure(words, code=str(answer.status), retry_after=answer.retry_after)


def _json(answer: http.Answer) -> Json:
    try:
        return load(answer.body)
    except ValueError as error:
        raise TemporaryFailure(f"{answer.url} answered no JSON", code=str(answer.status)) from error


def packed(said: Json) -> bytes:
    """A dictionary as it is kept in place of what came."""
    return json.dumps(said, ensure_ascii=False).encode()
