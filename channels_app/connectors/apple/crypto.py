"""What Apple's file store holds is encrypted by whoever uploads it: AES-256 in counter mode, from a counter of zero."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 32
NO_NONCE = bytes(16)


def new_key() -> str:
    """A random key as messages carry it: hexadecimal with a leading byte 00."""
    return "00" + secrets.token_hex(KEY_BYTES)


def key_of(field: str) -> bytes:
    """The key in a message's field; raises ValueError for what is none."""
    raw = bytes.fromhex(field)
    if len(raw) == KEY_BYTES + 1 and raw[0] == 0:
        return raw[1:]
    if len(raw) == KEY_BYTES:
        return raw
    raise ValueError(f"a key of {len(raw)} bytes")


def crypt(content: bytes, key: str) -> bytes:
    """Encrypt or decrypt, which is the same in this mode; raises ValueError for what is no key."""
    cipher = Cipher(algorithms.AES(key_of(key)), modes.CTR(NO_NONCE)).encryptor()
    return cipher.update(content) + cipher.finalize()


def base64_of_hex(text: str) -> str:
    """A signature that came in hexadecimal as headers want it. Any hexadecimal is valid base64 too: never guess."""
    try:
        return base64.b64encode(bytes.fromhex(text)).decode()
    except (ValueError, binascii.Error):
        return ""
