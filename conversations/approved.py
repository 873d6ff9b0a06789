"""Texts that a provider has approved, and their blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from channels_app.models import Channel, Template

# Fields of a form that fill in a blank are named so.
PREFIX = "blank-"
BLANK = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}|#\{([^{}]+)\}")


def offered(channel: Channel) -> QuerySet[Template]:
    """What can be sent by a channel, in the order of names."""
    return Template.objects.filter(channel=channel, is_approved=True)


def filled(template: Template, values: Mapping[str, str]) -> str:
    """The text as the customer will read it; a blank that is not filled in stays one."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1] or found[2], "") or found[0]

    return BLANK.sub(value, template.body)


def missing(template: Template, values: Mapping[str, str]) -> list[str]:
    """Blanks that nobody has filled in."""
    return [name for name in template.parameters if not values.get(name, "").strip()]


def used(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """What a message keeps of it, see contents.py."""
    return {"name": template.name, "language": template.language, "values": dict(values)}
