"""A system of the shop's own, as the tests play it."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from channels_app.connectors import standard_webhooks
from channels_app.models import Channel
from conversations.models import Intake

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
OTHER_SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
URL = "https://shop.example/desk"


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


class Shop:
    """Signs and posts as a system of the customer would."""

    def __init__(self, channel: Channel, secret: str = SECRET) -> None:
        self.channel, self.secret = channel, secret

    def post(self, event: Any, *, key: str = "", path: str = "", content_type: str = "application/json"):
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        signed = standard_webhooks.headers([self.secret], key or f"evt_{uuid.uuid4().hex}", body)
        url = f"/hooks/{self.channel.token}/{path}"
        return Client().generic("POST", url, body, content_type=content_type, headers=signed)

    def leave(self, contact: str, name: str, content: bytes, *, key: str = ""):
        """Upload a file as multipart, signed over the whole body."""
        edge = "----edge"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="contact"\r\n\r\n{contact}\r\n'
        head += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: text/plain\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.post(body, key=key, path="files/", content_type=f"multipart/form-data; boundary={edge}")


@pytest.fixture
def own_system(support) -> Channel:
    channel = Channel.objects.create(
        kind="generic", name="Shop app", config={"url": URL}, secrets={"secret": SECRET, "outgoing_secret": ""}
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def shop(own_system) -> Shop:
    return Shop(own_system)
