"""Files that a customer sends with one touch; real ones, so that the desk has something to show."""

from __future__ import annotations

import io
import math
import struct
import wave
import zlib

from channels_app.simulator.doings import Role, Upload

SIDE = 240


def picture(tint: tuple[int, int, int] = (39, 84, 197)) -> bytes:
    """A PNG of a soft gradient."""
    rows = b"".join(b"\0" + _row(line, tint) for line in range(SIDE))
    size = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")


def _row(line: int, tint: tuple[int, int, int]) -> bytes:
    return b"".join(
        bytes(min(255, part + (255 - part) * (line + column) // (2 * SIDE)) for part in tint) for column in range(SIDE)
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sound(seconds: float = 1.5) -> bytes:
    """A WAV of a tone that fades."""
    rate = 8000
    count = int(rate * seconds)
    samples = (int(9000 * math.sin(2 * math.pi * 440 * at / rate) * (1 - at / count)) for at in range(count))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return file.getvalue()


def document() -> bytes:
    """A PDF of one empty page."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def sample(role: Role) -> Upload:
    """What goes out when a customer sends one without choosing a file."""
    if role is Role.IMAGE:
        return Upload("photo.png", "image/png", picture(), role)
    if role is Role.STICKER:
        return Upload("sticker.png", "image/png", picture((250, 180, 0)), role)
    if role in (Role.VOICE, Role.AUDIO):
        return Upload("voice.wav", "audio/wav", sound(), role)
    if role is Role.VIDEO:
        return Upload("clip.mp4", "video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", role)
    return Upload("receipt.pdf", "application/pdf", document(), role)
