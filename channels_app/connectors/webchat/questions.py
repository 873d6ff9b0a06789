"""What visitors are asked: before the first message of a chat, and on the form for those without it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from channels_app.panel import PanelField, PanelForm

REQUIRED = "required"
OPTIONAL = "optional"


def before_chat(config: Mapping[str, Any]) -> tuple[PanelField, ...]:
    """The questions before the first message."""
    asked = (_question(config, name, f"ask_{name}") for name in ("name", "email", "topic"))
    return tuple(question for question in asked if question)


def form(config: Mapping[str, Any]) -> PanelForm:
    """The form; what was never decided is as it always was: the name if they like, the address because it is needed."""
    usual = {"form_name": OPTIONAL, "form_email": REQUIRED, **config}
    asked = (_question(usual, name, f"form_{name}") for name in ("name", "email", "phone", "topic", "subject"))
    return PanelForm(
        title=config.get("form_title") or _("Send us a message"),
        introduction=config.get("form_introduction", ""),
        thanks=config.get("form_thanks", ""),
        fields=(*(question for question in asked if question), *_own(config.get("form_fields", []))),
        takes_files=bool(config.get("form_files")),
        consent=config.get("consent", ""),
        consent_version=version(config.get("consent", "")),
    )


def version(consent: str) -> str:
    """Names the wording that somebody agreed to."""
    return hashlib.sha256(consent.encode()).hexdigest()[:12]


def _question(config: Mapping[str, Any], name: str, setting: str) -> PanelField | None:
    wanted, topics = config.get(setting, ""), tuple(config.get("topics", []))
    if not wanted or (name == "topic" and not topics):
        return None
    kinds = {
        "name": (_("Your name"), "text", "name"),
        "email": (_("Your e-mail address"), "email", "email"),
        "phone": (_("Your phone number"), "tel", "tel"),
        "topic": (_("What is it about?"), "radio", "off"),
        "subject": (_("Subject"), "text", "off"),
    }
    label, kind, autocomplete = kinds[name]
    choices = topics if name == "topic" else ()
    return PanelField(name, label, kind, autocomplete, is_required=wanted == REQUIRED, choices=choices)


def _own(lines: list[str]) -> Iterator[PanelField]:
    """Questions of the admin's own, one a line: `Order number *`, or `Size: small, large`."""
    for number, line in enumerate(lines, 1):
        label, _colon, after = line.partition(":")
        choices = tuple(choice.strip() for choice in after.split(",") if choice.strip())
        is_required = label.rstrip().endswith("*")
        label = label.rstrip().removesuffix("*").strip()[:80]
        if label:
            kind = "select" if choices else "text"
            yield PanelField(f"own-{number}", label, kind, is_required=is_required, choices=choices)
