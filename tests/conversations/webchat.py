"""A visitor's panel as a test drives it: the same requests, without a browser."""

import json
import time
import uuid
from typing import Any

import jwt
from django.test import Client

from channels_app.models import Channel
from conversations.visits.passes import ticket

ORIGIN = "https://shop.example.com"
SECRET = "a secret of the host, of 40 characters!!"


def host_token(channel: Channel, subject: str = "customer-7", **claims: Any) -> str:
    """What the host site signs for one of its customers."""
    now = int(time.time())
    standard = {"sub": subject, "iat": now, "exp": now + 600, "aud": channel.token, "jti": uuid.uuid4().hex}
    return jwt.encode({**standard, **claims}, SECRET, "HS256")


class Panel:
    """One browser: it keeps the visitor's token and the session."""

    def __init__(self, channel: Channel, *, origin: str = ORIGIN, visitor: str = "") -> None:
        self.client = Client()
        self.channel = channel
        self.origin = origin
        self.visitor = visitor
        self.session = ""

    def enter(self, **sent: Any) -> dict[str, Any]:
        """Open a session; the answer."""
        sent = {"ticket": ticket(self.channel, self.origin), "visitor": self.visitor, "language": "en", **sent}
        answer = self.post("session/", sent)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        self.session, self.visitor = body["session"], body["visitor"]
        return body

    def post(self, path: str, sent: Any) -> Any:
        kind = {} if path == "files/" else {"content_type": "application/json"}
        data = sent if path == "files/" else json.dumps(sent)
        return self.client.post(self.url(path), data, headers=self.headers, **kind)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(self.url(path), query, headers=self.headers)

    def url(self, path: str) -> str:
        return f"/w/{self.channel.token}/{path}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session}"} if self.session else {}

    def say(self, text: str, **sent: Any) -> dict[str, Any]:
        """Send a message; the answer."""
        if not self.session:
            self.enter()
        answer = self.post("messages/", {"client_id": str(uuid.uuid4()), "text": text, **sent})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def texts(self, after: str = "") -> list[str]:
        """What the panel shows."""
        return [message["text"] for message in self.get("messages/", after=after).json()["messages"]]
