"""What WhatsApp, Messenger and Instagram share: the Graph interface, its errors, its signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from channels_app.simulator import signing
from channels_app.simulator.provider import Challenge, Event, Provider
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, json_hook, refuse, signed, told


def graph_error(code: int, message: str, status: int = 400, **more: Any) -> Refusal:
    """The Graph interface's own shape of an error."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Asimulated", **more}
    return refuse({"error": error}, status)


class Meta(Provider):
    """An app, with what it owns, at Meta."""

    batches = True
    access_key: ClassVar[str] = "access_token"

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "access_token": signing.token("EAAG"),
            "app_secret": signing.token()[:32],
            "app_id": "1234567890123456",
        }

    def adopt(self, handover: Sequence[str]) -> None:
        """The verify token is the one thing among what is copied that is neither an address nor a list."""
        words = [one for one in handover if "/" not in one and "," not in one]
        self.world.notes["verify_token"] = next(iter(words), "")

    def challenge(self) -> Challenge:
        token = str(self.world.notes.get("verify_token", ""))
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
        hook = Hook(method="GET", query=urlencode(query))
        return Challenge(hook, lambda status, body: status == 200 and body == b"1158201444")

    def sign(self, body: Event) -> Hook:
        """Meta signs the body as it is on the wire, with everything beyond ASCII escaped."""
        hook = json_hook(body, escaped=True)
        signature = signing.hex_hmac(self.keys["app_secret"], hook.body)
        return signed(hook, X_Hub_Signature_256=f"sha256={signature}")

    def anything(self, body: Any) -> Hook:
        return self.sign(body)

    def check_token(self, call: ApiCall) -> None:
        token = call.bearer or call.query.get("access_token", "")
        if self.is_refusing or token != self.keys["access_token"]:
            raise graph_error(190, "Error validating access token: Session has expired", 401, error_subcode=463)

    def broken(self) -> ApiAnswer:
        return graph_error(2, "An unexpected error has occurred. Please retry your request later.", 500).answer

    def busy(self) -> ApiAnswer:
        return graph_error(4, "(#4) Application request limit reached", 429).answer

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        words = f"Unsupported {call.method.lower()} request. Object with ID does not exist"
        return graph_error(100, words, 400, error_subcode=33).answer

    def done(self) -> ApiAnswer:
        return told({"success": True})
