"""Texts that Meta has approved: listed by the management API, sent with their blanks filled in."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.contract import PermanentFailure, Template, TemplateUse

FIELDS = "name,language,status,category,components,parameter_format"
BLANK = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
# Values may hold neither line breaks nor tabs nor more than four spaces in a row.
SPACE = re.compile(r"\s+")
HEADER, BUTTON = "header:", "button:"
MEDIA_HEADERS = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})


def template(data: Json) -> Template | None:
    """One entry of `message_templates`; None for codes of signing in, which no agent sends."""
    category = tolerant.text(data, "category")
    name, language = tolerant.text(data, "name"), tolerant.text(data, "language")
    if not name or not language or category == "AUTHENTICATION":
        return None
    components = {tolerant.text(one, "type").upper(): one for one in tolerant.items(data, "components")}
    header, body = components.get("HEADER", {}), tolerant.text(components.get("BODY", {}), "text")
    buttons = tolerant.items(components.get("BUTTONS", {}), "buttons")
    shown = [_header_text(header), body, tolerant.text(components.get("FOOTER", {}), "text")]
    return Template(
        name,
        language,
        body="\n\n".join(filter(None, shown)),
        parameters=[*_header_blanks(header), *_blanks(body), *_button_blanks(buttons)],
        category=category,
        is_approved=tolerant.text(data, "status").upper() == "APPROVED",
        details={
            "named": tolerant.text(data, "parameter_format").upper() == "NAMED",
            "header": tolerant.text(header, "format").upper(),
            "buttons": [tolerant.text(one, "text") for one in buttons],
        },
    )


def _blanks(text: str) -> list[str]:
    return list(dict.fromkeys(BLANK.findall(text)))


def _header_text(header: Json) -> str:
    """Blanks of the header are counted apart from those of the body, so they need names of their own."""
    return BLANK.sub(lambda found: f"{{{{{HEADER}{found[1]}}}}}", tolerant.text(header, "text"))


def _header_blanks(header: Json) -> list[str]:
    kind = tolerant.text(header, "format").upper()
    return [HEADER + kind.lower()] if kind in MEDIA_HEADERS else _blanks(_header_text(header))


def _button_blanks(buttons: list[Json]) -> list[str]:
    """The end of an address may be left open, once a button."""
    return [f"{BUTTON}{number}" for number, one in enumerate(buttons) if BLANK.search(tolerant.text(one, "url"))]


def body(use: TemplateUse) -> dict[str, object]:
    """The `template` of a message; raises PermanentFailure where a blank is empty."""
    chosen = use.template
    values = {name: SPACE.sub(" ", use.values.get(name, "")).strip() for name in chosen.parameters}
    if missing := [name for name, value in values.items() if not value]:
        raise PermanentFailure(
            f"blanks: {', '.join(missing)}", code="132000", advice=_("Not every blank of the template is filled in.")
        )
    is_named = bool(chosen.details.get("named"))
    header = [_header_value(name, value, is_named) for name, value in values.items() if name.startswith(HEADER)]
    words = [_value(name, value, is_named) for name, value in values.items() if not name.startswith((HEADER, BUTTON))]
    ends = {name: value for name, value in values.items() if name.startswith(BUTTON)}
    components: list[dict[str, object]] = []
    if header:
        components.append({"type": "header", "parameters": header})
    if words:
        components.append({"type": "body", "parameters": words})
    components += [_button(name, value) for name, value in ends.items()]
    built: dict[str, object] = {"name": chosen.name, "language": {"code": chosen.language}}
    return {**built, "components": components} if components else built


def _value(name: str, value: str, is_named: bool) -> dict[str, object]:
    """Named or counted, never both in one template."""
    return {"type": "text", **({"parameter_name": name} if is_named else {}), "text": value}


def _header_value(name: str, value: str, is_named: bool) -> dict[str, object]:
    kind = name.removeprefix(HEADER)
    if kind.upper() in MEDIA_HEADERS:
        return {"type": kind, kind: {"link": value}}
    return _value(kind, value, is_named)


def _button(name: str, value: str) -> dict[str, object]:
    """(recall)"""
    parameters = [{"type": "text", "text": value}]
    return {"type": "button", "sub_type": "url", "index": name.removeprefix(BUTTON), "parameters": parameters}
