"""Sentences that are kept: stored in the language of the sources, worded for each reader when they are shown.

What stores them (a worker, a provider's request) speaks no reader's language.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext


def kept(text: object) -> str:
    """A lazy sentence as it is stored."""
    with translation.override("en"):
        return str(text)


def told(text: str) -> str:
    """A stored sentence in the reader's language; what is none of ours (a provider's own words) stays as it is."""
    return gettext(text) if text else ""
