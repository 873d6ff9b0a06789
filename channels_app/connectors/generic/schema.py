"""What is wrong with an event, by the schemas of docs/openapi/generic.yaml (schema.json is made from them)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MOST_COMPLAINTS = 20
LONGEST_COMPLAINT = 300

Complaint = dict[str, str]


def complaints(event: object) -> list[Complaint]:
    """Where an event breaks its schema and how: `field` as data.contact.id, `message` for whoever programs the sender."""
    kinds = types()
    if not isinstance(event, dict):
        return [{"field": "", "message": "an event is a JSON object"}]
    if event.get("type") not in kinds:
        return [{"field": "type", "message": f"is none of {', '.join(sorted(kinds))}"}]
    errors = sorted(_validator(kinds[event["type"]]).iter_errors(event), key=lambda error: list(map(str, error.path)))
    return [_said(error) for error in errors[:MOST_COMPLAINTS]]


def types() -> dict[str, str]:
    """The kinds of events that a sender may tell of, and where their schemas are."""
    return _document()["components"]["schemas"]["Event"]["discriminator"]["mapping"]


@cache
def _document() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("schema.json").read_text())


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": reference, **_document()})


def _said(error: ValidationError) -> Complaint:
    """Of "one of these" it helps more to say what is meant than that nothing fits."""
    is_choice = error.validator in ("anyOf", "oneOf") and isinstance(error.schema, dict)
    words = error.schema.get("description", error.message) if is_choice else error.message
    return {"field": ".".join(map(str, error.absolute_path)), "message": str(words)[:LONGEST_COMPLAINT]}
