"""One message to Twilio, and the templates of its Content API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from channels_app.connectors.plain_text import plain
from channels_app.connectors.twilio import api
from channels_app.contract import DeliveryState, OutboundMessage, Receipt, Template
from channels_app.contract.connector import Connector

MOST_PAGES = 20


def send(connector: Connector, message: OutboundMessage) -> Receipt:
    """Hand one message over; raises the contract's errors."""
    made = api.post(connector, "/Messages.json", form_of(connector, message))
    return Receipt(str(made.get("sid") or ""), DeliveryState.SENT, {"segments": made.get("num_segments")})


def form_of(connector: Connector, message: OutboundMessage) -> dict[str, str | list[str]]:
    """The form as Twilio wants it; `StatusCallback` makes it tell us what becomes of the message."""
    sender = connector.account.config["sender"]
    network = sender.rpartition(":")[0]
    form: dict[str, str | list[str]] = {
        "To": f"{network}:{message.recipient.value}" if network else message.recipient.value,
        "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
        "StatusCallback": connector.account.hook_url,
    }
    if message.template is not None:
        form["ContentSid"] = str(message.template.template.details.get("sid", ""))
        if message.template.values:
            form["ContentVariables"] = json.dumps(dict(message.template.values), ensure_ascii=False)
        return form
    if message.text:
        form["Body"] = plain(message.text)
    if message.files:
        form["MediaUrl"] = [file.share() for file in message.files]
    return form


def templates(connector: Connector) -> Iterator[Template]:
    """Texts of the Content API with WhatsApp's verdict on each; page by page."""
    token = ""
    for _page in range(MOST_PAGES):
        more = {"PageToken": token} if token else {}
        answer = api.get(connector, "v1/ContentAndApprovals", of="content", PageSize="100", **more)
        for content in _mappings(answer.get("contents")):
            yield _template(content)
        token = _next_page(answer)
        if not token:
            return


def _template(content: Mapping[str, Any]) -> Template:
    approval = content.get("approval_requests")
    approval = approval if isinstance(approval, Mapping) else {}
    blanks = content.get("variables")
    return Template(
        name=str(approval.get("name") or content.get("friendly_name") or content.get("sid")),
        language=str(content.get("language") or ""),
        body=_body(content),
        parameters=sorted(blanks, key=lambda name: (len(name), name)) if isinstance(blanks, Mapping) else [],
        category=str(approval.get("category") or ""),
        is_approved=approval.get("status") == "approved",
        details={"sid": content.get("sid")},
    )


def _body(content: Mapping[str, Any]) -> str:
    types = content.get("types")
    bodies = (
        [kind.get("body") for kind in types.values() if isinstance(kind, Mapping)] if isinstance(types, Mapping) else []
    )
    return next((body for body in bodies if isinstance(body, str)), "")


def _next_page(answer: Mapping[str, Any]) -> str:
    """The token within the address of the next page; the address itself is not followed."""
    meta = answer.get("meta")
    url = str(meta.get("next_page_url") or "") if isinstance(meta, Mapping) else ""
    return url.partition("PageToken=")[2].partition("&")[0]


def _mappings(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
