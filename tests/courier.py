"""A provider that lives in a folder, so that processes can share it: sends are files in it, and it can be told to be slow.

In the channel's config: `folder`; `before_send` and `after_send`, seconds to wait before and after a send is written.
"""

import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.http import HttpRequest

from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    Inbound,
    InboundMessage,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
)


class Courier(Connector):
    """Takes JSON objects with id, sender and text; writes one file for each thing it is asked to send."""

    kind = "courier"
    label = "Courier"
    capabilities = Capabilities(identity_kind="door", can_start=True)

    def authenticate(self, request: HttpRequest) -> None:
        """Everybody may deliver."""

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return str(json.loads(bytes(envelope.body))["id"])

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        item = json.loads(bytes(envelope.body))
        time.sleep(float(self.account.config.get("before_parse", 0)))
        return [InboundMessage(item["id"], Address("door", item["sender"]), text=item["text"])]

    def send(self, message: OutboundMessage) -> Receipt:
        folder, config = Path(self.account.config["folder"]), self.account.config
        (folder / f"trying-{uuid.uuid4().hex}").touch()
        time.sleep(float(config.get("before_send", 0)))
        (folder / f"sent-{uuid.uuid4().hex}").write_text(message.text)
        time.sleep(float(config.get("after_send", 0)))
        return Receipt(external_id=message.delivery_key)
