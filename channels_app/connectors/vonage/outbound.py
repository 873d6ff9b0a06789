"""One message as the Messages API takes it on each network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_app.connectors import phone, tolerant
from channels_app.connectors.plain_text import plain
from channels_app.contract import OutboundFile, OutboundMessage, Template
from channels_app.contract.connector import Connector

Body = dict[str, Any]

DAY = timedelta(hours=24)
# What each network calls the kinds of files; what stands for none of them goes as a file.
KINDS = ("image", "audio", "video")
VIBERS_LONGEST_NAME = 25


def body_of(connector: Connector, message: OutboundMessage) -> Body:
    """The JSON of one message; `client_ref` comes back with every receipt."""
    config = connector.account.config
    network = config["network"]
    common: Body = {
        "channel": network,
        "to": phone.bare(message.recipient.value),
        "from": phone.bare(config["sender"]),
        "client_ref": message.delivery_key,
        "webhook_version": "v1",
        **_network_part(network, message),
    }
    if message.quoted_id and network == "whatsapp":
        common["context"] = {"message_uuid": message.quoted_id}
    return {**common, **_content(config, message)}


def reaction_body(connector: Connector, to: str, target_id: str, emoji: str) -> Body:
    """An emoji on one of their messages (WhatsApp); blank takes it away."""
    config = connector.account.config
    return {
        "channel": "whatsapp",
        "to": phone.bare(to),
        "from": phone.bare(config["sender"]),
        "webhook_version": "v1",
        "message_type": "reaction",
        "reaction": {"action": "react", "emoji": emoji} if emoji else {"action": "unreact"},
        "context": {"message_uuid": target_id},
    }


def templates_in(answer: Mapping[str, Any]) -> Iterator[Template]:
    """WhatsApp's templates as Vonage's manager lists them (shape: recall)."""
    for one in tolerant.items(answer, "templates"):
        body = next(
            (part for part in tolerant.items(one, "components") if tolerant.text(part, "type").upper() == "BODY"), {}
        )
        text = tolerant.text(body, "text")
        yield Template(
            name=tolerant.text(one, "name"),
            language=tolerant.text(one, "language"),
            body=text,
            parameters=[str(number) for number in range(1, 100) if "{{" + str(number) + "}}" in text],
            category=tolerant.text(one, "category"),
            is_approved=tolerant.text(one, "status").upper() == "APPROVED",
        )


def _network_part(network: str, message: OutboundMessage) -> Body:
    """What a network wants to know beside the message itself."""
    if network == "messenger":
        return {"messenger": _messenger(message)}
    if network == "viber_service":
        return {"viber_service": {"category": "transaction"}}
    if network == "sms":
        return {"sms": {"encoding_type": "auto"}}
    if network == "whatsapp" and message.template is not None:
        return {"whatsapp": {"policy": "deterministic", "locale": message.template.template.language}}
    return {}


def _messenger(message: OutboundMessage) -> Body:
    """Later than a day only a person may answer, and has to say so."""
    acted_at = message.window.acted_at
    if acted_at and timezone.now() - acted_at > DAY and not message.is_automatic:
        return {"category": "message_tag", "tag": "HUMAN_AGENT"}
    return {"category": "response"}


def _content(config: Mapping[str, Any], message: OutboundMessage) -> Body:
    network = config["network"]
    if message.template is not None:
        return _template(config, message)
    if message.files:
        return _file(network, message.files[0], message.text)
    if message.quick_replies and network == "whatsapp":
        return {"message_type": "custom", "custom": _buttons(message)}
    return {"message_type": "text", "text": plain(message.text), **_suggestions(network, message)}


def _template(config: Mapping[str, Any], message: OutboundMessage) -> Body:
    """Blanks by their order alone; the name with its namespace where the account has one."""
    assert message.template is not None
    template, values = message.template.template, message.template.values
    name = f"{config['namespace']}:{template.name}" if config.get("namespace") else template.name
    blanks = [values.get(parameter, "") for parameter in template.parameters]
    return {"message_type": "template", "template": {"name": name, "parameters": blanks}}


def _file(network: str, file: OutboundFile, caption: str) -> Body:
    kind = next((kind for kind in KINDS if file.content_type.startswith(f"{kind}/")), "file")
    if network == "viber_service" and kind == "audio":
        kind = "file"
    part: Body = {"url": file.share()}
    if caption and kind != "audio":
        part["caption"] = plain(caption)
    if kind == "file" and network in ("whatsapp", "viber_service"):
        part["name"] = _short(file.name, VIBERS_LONGEST_NAME) if network == "viber_service" else file.name
    return {"message_type": kind, kind: part}


def _short(name: str, longest: int) -> str:
    """A file's name cut in its middle, so that its ending stays."""
    stem, dot, ending = name.rpartition(".")
    if len(name) <= longest:
        return name
    return f"{stem[: longest - len(ending) - 1]}.{ending}" if dot and len(ending) < longest - 1 else name[:longest]


def _buttons(message: OutboundMessage) -> Body:
    """Buttons as WhatsApp has them; Vonage hands the object on."""
    buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in message.quick_replies]
    interactive = {"type": "button", "body": {"text": plain(message.text)}, "action": {"buttons": buttons}}
    return {"type": "interactive", "interactive": interactive}


def _suggestions(network: str, message: OutboundMessage) -> Body:
    if network != "rcs" or not message.quick_replies:
        return {}
    return {
        "suggestions": [{"type": "reply", "text": one.title, "postback_data": one.id} for one in message.quick_replies]
    }
