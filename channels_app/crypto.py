"""Secrets of channels, encrypted at rest."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core import exceptions
from django.db import models


def _vault() -> MultiFernet:
    """The keys in use, newest first; any of them decrypts, the first encrypts."""
    keys = (hashlib.sha256(key.encode()).digest() for key in settings.VAULT_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def encrypt(secrets: dict[str, Any]) -> str:
    """Encrypt a JSON object (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _vault().encrypt(json.dumps(secrets).encode()).decode()


def decrypt(token: str) -> dict[str, Any]:
    """Decrypt what `encrypt` made; raises ImproperlyConfigured where no key of VAULT_KEYS fits."""
    try:
        return json.loads(_vault().decrypt(token.encode()))
    except InvalidToken as error:
        raise exceptions.ImproperlyConfigured("No key in VAULT_KEYS decrypts this channel's secrets.") from error


class SecretsField(models.TextField):
    """A JSON object that is stored encrypted."""

    def from_db_value(self, value: str | None, *args: object) -> dict[str, Any]:
        return decrypt(value) if value else {}

    def to_python(self, value: Any) -> dict[str, Any]:
        return value if isinstance(value, dict) else decrypt(value) if value else {}

    def get_prep_value(self, value: dict[str, Any] | None) -> str:
        return encrypt(value) if value else ""

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))  # type: ignore[arg-type]
