"""WeChat's envelope: AES-256-CBC with a length, an owner and a signature over sorted words."""

from __future__ import annotations

import base64
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def encrypt(text: str, aes_key: str, owner: str, *, prefix: bytes = b"") -> str:
    """What travels as Encrypt: 16 random bytes, length, text, owner, padded to 32."""
    key = base64.b64decode(f"{aes_key}=")
    plain = (prefix or os.urandom(16)) + struct.pack(">I", len(text.encode())) + text.encode() + owner.encode()
    missing = BLOCK - len(plain) % BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([missing]) * missing) + cipher.finalize()).decode()


def decrypt(coded: str, aes_key: str) -> tuple[str, str]:
    """Text and owner."""
    key = base64.b64decode(f"{aes_key}=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = cipher.update(base64.b64decode(coded)) + cipher.finalize()
    plain = plain[16 : -plain[-1]]
    (length,) = struct.unpack(">I", plain[:4])
    return plain[4 : 4 + length].decode(), plain[4 + length :].decode()


def xml(fields: dict[str, str]) -> str:
    """A flat document as WeChat writes it."""
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"
