"""What WeChat and WeCom share on the wire: signatures, sealed bodies, flat XML.

Sources: wechatpy 1.8.18 crypto and utils; developer.work.weixin.qq.com/document/path/90968 (sealed messages).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.http import HttpRequest
from django.utils import timezone

from channels_app import signatures
from channels_app.connectors import tolerant
from channels_app.contract import Rejected

# A body begins with this many random bytes and the length of what follows; it is padded to blocks of 32.
RANDOM, LENGTH, BLOCK = 16, 4, 32
# The provider delivers thrice within 15 s; the rest is for clocks that differ.
FRESH = timedelta(minutes=10)
# What customers type may hold signs that XML forbids, even in CDATA.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def signature(*parts: str) -> str:
    """SHA-1 in hexadecimal over the parts in alphabetical order."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def check(request: HttpRequest, tokens: Iterable[str], *, name: str = "signature", sealed: str = "") -> None:
    """Check the signature in the query, made with one of the tokens, and that it is fresh; raises Rejected."""
    asked = request.GET
    stamp = tolerant.at({"timestamp": asked.get("timestamp")}, "timestamp")
    if stamp is None or abs(timezone.now() - stamp) > FRESH:
        raise Rejected("the request is too old or bears no time")
    signed = [asked.get("timestamp", ""), asked.get("nonce", ""), *([sealed] if sealed else [])]
    if not signatures.is_any((signature(token, *signed) for token in tokens), asked.get(name, "")):
        raise Rejected("the signature is not WeChat's")


def unseal(sealed: str, keys: Iterable[str], receiver: str) -> bytes:
    """Decrypt with one of the keys (EncodingAESKey) what was meant for this appid or CorpID; raises ValueError."""
    for key in keys:
        try:
            return _unsealed(sealed, key, receiver)
        except (ValueError, binascii.Error):
            continue
    raise ValueError("no key opens this body")


def _unsealed(sealed: str, encoding_key: str, receiver: str) -> bytes:
    key = aes_key(encoding_key)
    opened = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = opened.update(base64.b64decode(sealed, validate=True)) + opened.finalize()
    if not padded or not 1 <= padded[-1] <= BLOCK:
        raise ValueError("wrong padding")
    content = padded[RANDOM : -padded[-1]]
    end = LENGTH + int.from_bytes(content[:LENGTH], "big")
    if not signatures.is_same(receiver, content[end:].decode("utf-8", "replace")):
        raise ValueError("meant for somebody else")
    return content[LENGTH:end]


def aes_key(encoding_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey (43 characters); raises ValueError."""
    key = base64.b64decode(f"{encoding_key}=")
    if len(key) != BLOCK:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


def fields(body: bytes | memoryview) -> Mapping[str, str]:
    """The texts of the elements right below the root, empty for what is no XML; raises ValueError where it is broken.

    A document type is refused, and with it every entity that could grow or reach out.
    """
    raw = _FORBIDDEN.sub(b"", bytes(body)).strip()
    if not raw.startswith(b"<"):
        return {}
    found: dict[str, str] = {}
    path: list[str] = []
    parser = expat.ParserCreate()

    def texts(text: str) -> None:
        if len(path) == 2:
            found[path[1]] = found.get(path[1], "") + text

    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, _attributes: path.append(name)
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = texts
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ValueError(f"broken XML: {error}") from error
    return {name: tolerant.text(found, name).strip() for name in found}


def _refuse(*_declared: object) -> None:
    raise ValueError("a document type has no place here")
