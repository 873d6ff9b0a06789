"""Many web socket clients in one event loop, as light as can be: what is measured is the server, not them (RFC 6455)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

CONTINUES, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
CONNECT_SECONDS = 20

OnText = Callable[[bytes], None]


class Socket(asyncio.Protocol):
    """One client; it counts the frames that come and may hand each to `on_text`."""

    def __init__(self, request: bytes, opened: asyncio.Future[Socket]) -> None:
        self.request, self.opened = request, opened
        self.frames, self.buffer, self.is_open = 0, bytearray(), True
        self.on_text: OnText = lambda text: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.opened.done() and not self._opens():
            return
        while frame := _frame(self.buffer):
            self._take(*frame)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server closed the socket"))

    def say(self, text: str) -> None:
        """Send a text; a mask of zeros leaves it as it is."""
        self._send(TEXT, text.encode())

    def _opens(self) -> bool:
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(bytes(head[:100])))
            return False
        self.buffer = rest
        self.opened.set_result(self)
        return True

    def _take(self, code: int, body: bytes) -> None:
        if code == PING:
            self._send(PONG, body)
        elif code == TEXT:
            self.frames += 1
            self.on_text(body)

    def _send(self, code: int, body: bytes) -> None:
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        self.transport.write(bytes([0x80 | code]) + length + bytes(4) + body)


def _frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole frame off the buffer. Servers do not mask, and ours send none over 64 KB."""
    if len(buffer) < 2:
        return None
    start, length = 2, buffer[1] & 0x7F
    if length == 126:
        start, length = 4, int.from_bytes(buffer[2:4])
    if len(buffer) < start + length:
        return None
    code, body = buffer[0] & 0x0F, bytes(buffer[start : start + length])
    del buffer[: start + length]
    return code, body


async def gather(port: int, path: str, count: int, cookie: str = "") -> list[Socket]:
    """So many open sockets, all connecting at once. Raises TimeoutError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        return await asyncio.gather(*(_connect(port, path, cookie) for _ in range(count)))


async def _connect(port: int, path: str, cookie: str) -> Socket:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        f"Origin: http://localhost:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        f"Cookie: {cookie}",
    ]
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Socket] = loop.create_future()
    request = "\r\n".join([*lines, "", ""]).encode()
    await loop.create_connection(lambda: Socket(request, opened), "127.0.0.1", port)
    return await opened


async def heard(sockets: Sequence[Socket], frames: int, *, seconds: float = 60) -> float:
    """Wait until so many frames have come in all; when the last came, by time.perf_counter. Raises TimeoutError."""
    until = time.perf_counter() + seconds
    while (came := sum(socket.frames for socket in sockets)) < frames:
        if time.perf_counter() > until:
            closed = sum(not socket.is_open for socket in sockets)
            raise TimeoutError(f"{came} of {frames} frames came; {closed} of {len(sockets)} sockets are closed")
        await asyncio.sleep(0.001)
    return time.perf_counter()


def forget(sockets: Sequence[Socket]) -> None:
    """Count from zero again."""
    for socket in sockets:
        socket.frames = 0


def leave(sockets: Sequence[Socket]) -> None:
    """Close all."""
    for socket in sockets:
        socket.transport.close()
