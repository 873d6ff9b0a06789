"""Mail for the tests: the corpus by name, and small ones made on the spot."""

from pathlib import Path

from channels_app.mail.model import Mail
from channels_app.mail.parse import parse_mail

CORPUS = Path(__file__).parent / "corpus"


def raw(name: str) -> bytes:
    return (CORPUS / f"{name}.eml").read_bytes()


def read(name: str) -> Mail:
    return parse_mail(raw(name))


def letter(body: str | bytes = "hello\n", **headers: str) -> bytes:
    """A small mail; `from_="a@b"` makes From, `auto_submitted="no"` makes Auto-Submitted."""
    named = {"from_": "Carol <carol@naver.example>", "to": "help@moments.example", "subject": "hi"} | headers
    lines = "".join(
        f"{name.strip('_').replace('_', '-').title()}: {value}\r\n" for name, value in named.items() if value
    )
    return lines.encode() + b"\r\n" + (body if isinstance(body, bytes) else body.encode())


def parsed(body: str | bytes = "hello\n", **headers: str) -> Mail:
    return parse_mail(letter(body, **headers))


def multipart(*parts: str, kind: str = "mixed") -> tuple[str, str]:
    """Content-Type and body of a multipart whose parts are given with their headers."""
    body = "".join(f"--edge\r\n{part}\r\n" for part in parts)
    return f'multipart/{kind}; boundary="edge"', f"{body}--edge--\r\n"
