"""A websocket client small enough to trust: one frame a message, text only (RFC 6455)."""

import base64
import json
import os
import socket
import struct
import time


class Wire:
    """An open websocket; used as a context manager."""

    def __init__(self, port: int, path: str, cookie: str = "") -> None:
        self.socket = socket.create_connection(("localhost", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: localhost:{port}",
            f"Origin: http://localhost:{port}",
            f"Cookie: {cookie}",
        ]
        lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass
        self.close_code: int | None = None

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *failure: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, **message: object) -> None:
        payload = json.dumps(message).encode()
        assert len(payload) < 126
        # A mask of zeros leaves the payload as it is.
        self.socket.sendall(bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload)

    def receive(self, seconds: float = 5) -> dict | None:
        """The next message; None when the server closed, with `close_code`; raises TimeoutError."""
        self.socket.settimeout(seconds)
        first, second = self.file.read(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self.file.read(2))
        payload = self.file.read(size)
        if first & 0x0F == 8:
            self.close_code = struct.unpack("!H", payload[:2])[0]
            return None
        return json.loads(payload) if first & 0x0F == 1 else self.receive(seconds)

    def hears(self, seconds: float = 5, **wanted: object) -> dict:
        """Read on until a message has all of `wanted`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            message = self.receive(max(0.1, until - time.monotonic()))
            assert message is not None, f"closed with {self.close_code}"
            if wanted.items() <= message.items():
                return message
        raise AssertionError(f"nothing with {wanted} in {seconds} s")

    def is_closed_with(self, seconds: float = 5) -> int | None:
        while self.receive(seconds) is not None:
            pass
        return self.close_code
