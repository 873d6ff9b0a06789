"""What an Official Account sends: customer service messages within the window, template messages outside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.connectors.wechat_api import Api
from channels_app.contract import OutboundFile, OutboundMessage, Receipt, Template, TemplateUse

# How WeChat writes a blank: {{keyword1.DATA}}.
_BLANK = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


def send(api: Api, message: OutboundMessage, *, kf_account: str = "") -> Receipt:
    """Send one message. WeChat gives no id for it, save for templates."""
    if message.template is not None:
        said = api.send("message/template/send", _template(message.recipient.value, message.template))
        return Receipt(external_id=tolerant.text(said, "msgid"))
    as_whom = {"customservice": {"kf_account": kf_account}} if kf_account else {}
    api.send("message/custom/send", {"touser": message.recipient.value, **_content(api, message), **as_whom})
    return Receipt()


def _content(api: Api, message: OutboundMessage) -> Mapping[str, Any]:
    if message.files:
        return _media(api, message.files[0])
    if message.quick_replies:
        choices = [{"id": reply.id, "content": reply.title} for reply in message.quick_replies]
        menu = {"head_content": message.text, "list": choices, "tail_content": ""}
        return {"msgtype": "msgmenu", "msgmenu": menu}
    return {"msgtype": "text", "text": {"content": message.text}}


def _media(api: Api, file: OutboundFile) -> Mapping[str, Any]:
    kind = {"image": "image", "audio": "voice", "video": "video"}.get(file.content_type.partition("/")[0], "image")
    content = {"media_id": api.upload(file, kind)}
    if kind == "video":
        content |= {"title": file.name, "description": ""}
    return {"msgtype": kind, kind: content}


def _template(openid: str, use: TemplateUse) -> Mapping[str, Any]:
    blanks = {name: {"value": use.values.get(name, "")} for name in use.template.parameters}
    return {"touser": openid, "template_id": use.template.details.get("template_id", ""), "data": blanks}


def templates(api: Api) -> list[Template]:
    """The account's own templates."""
    said = api.ask("template/get_all_private_template")
    return [_read(one) for one in tolerant.items(said, "template_list") if tolerant.text(one, "template_id")]


def _read(one: Json) -> Template:
    content, template_id = tolerant.text(one, "content"), tolerant.text(one, "template_id")
    return Template(
        # Titles are not unique.
        name=f"{tolerant.text(one, 'title')} · {template_id[:6]}",
        language="zh_CN",
        body=_BLANK.sub(r"{{\1}}", content),
        parameters=list(dict.fromkeys(_BLANK.findall(content))),
        category=tolerant.text(one, "deputy_industry"),
        details={"template_id": template_id},
    )
