"""What providers of telephone calls have in common: how languages are called, where a call's own requests go, failures."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

LOCALES = {"ko": "ko-KR", "en": "en-US", "ja": "ja-JP", "zh": "zh-CN", "de": "de-DE", "fr": "fr-FR", "es": "es-ES"}


def locale(language: str) -> str:
    """A language as speech engines name it."""
    return LOCALES.get(language.partition("-")[0], language or "en-US")


def connecting(language: str) -> str:
    """What an agent hears before the customer's telephone rings."""
    with translation.override(language or "en"):
        return _("Connecting you with the customer.")


def call_waits(language: str) -> str:
    """What an agent hears who picks up, so that no answering machine takes the call."""
    with translation.override(language or "en"):
        return _("A customer is on the line. Press 1 to take the call.")
