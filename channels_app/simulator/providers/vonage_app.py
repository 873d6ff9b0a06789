"""What Vonage's newer interfaces share: an application, its private key, signed call-backs."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from channels_app.simulator import signing
from channels_app.simulator.provider import Event, Provider
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed


@cache
def _new_pair() -> tuple[str, str]:
    """A key pair in PEM; one for the process, since making one takes a while."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return text.decode(), public.decode()


def problem(title: str, detail: str, status: int, **more: Any) -> Refusal:
    """RFC 7807, as Vonage writes it."""
    kind = f"https://developer.vonage.com/api-errors/messages#{title}"
    return refuse({"type": kind, "title": title, "detail": detail, "instance": signing.token()[:24], **more}, status)


class VonageApp(Provider):
    """One application."""

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        private, public = _new_pair()
        ids = {"api_key": "abcd1234", "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf"}
        return {**ids, "private_key": private, "public_key": public, "signature_secret": signing.token()[:35]}

    def sign(self, body: Event | list[Event], path: str = "") -> Hook:
        """A token over the hash of the body, in the scheme that every account has."""
        hook = json_hook(body, path=path)
        token = signing.hs256(
            self.keys["signature_secret"],
            iss="Vonage",
            jti=signing.token()[:20],
            api_key=self.keys["api_key"],
            application_id=self.keys["application_id"],
            payload_hash=hashlib.sha256(hook.body).hexdigest(),
        )
        return signed(hook, Authorization=f"Bearer {token}")

    def anything(self, body: Any) -> Hook:
        return self.sign(body)

    def is_let_in(self, call: ApiCall) -> bool:
        """Whether a call carries a fresh token that was made with the application's private key."""
        try:
            said = jwt.decode(call.bearer, self.keys["public_key"], ["RS256"], options={"require": ["iat", "jti"]})
        except jwt.PyJWTError:
            return False
        return not self.is_refusing and said.get("application_id") == self.keys["application_id"]

    def check_token(self, call: ApiCall) -> None:
        if not self.is_let_in(call):
            raise problem("Unauthorized", "You did not provide correct credentials.", 401)

    def busy(self) -> ApiAnswer:
        return problem("1000", "Throttled - You have exceeded the submission capacity allowed", 429).answer

    def broken(self) -> ApiAnswer:
        return problem("1030", "Internal error - An error has occurred in the platform", 500).answer
