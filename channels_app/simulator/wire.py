"""Requests and answers as plain data, in both directions, without any transport."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import Any, cast
from urllib.parse import parse_qs, urlencode

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
XML = "text/xml"


@dataclass(frozen=True)
class Hook:
    """A request that the provider makes of the desk; `path` follows the hook's own address."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    method: str = "POST"
    path: str = ""
    query: str = ""

    def address(self, hook_url: str) -> str:
        return f"{hook_url}{self.path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True)
class ApiAnswer:
    """What the provider says to a call of its interface."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class Refusal(Exception):
    """The provider refuses a call, in its own words."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.body.decode("utf-8", "replace"))
        self.answer = answer


@dataclass(frozen=True)
class Part:
    """One file of a multipart form."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class ApiCall:
    """A call of one of the provider's interfaces; header names are in lower case, `path` has no slash in front."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def bearer(self) -> str:
        """The token of an Authorization header of the Bearer scheme, or blank."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    @property
    def basic(self) -> tuple[str, str]:
        """Name and password of the Basic scheme, or blanks."""
        scheme, _, coded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return "", ""
        name, _, password = base64.b64decode(coded).decode().partition(":")
        return name, password

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; anything else is an empty one."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def lists(self) -> dict[str, list[str]]:
        """The fields of a form of either kind, each with all its values."""
        if self.content_type.startswith("multipart/"):
            return self._multipart[0]
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @cached_property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.lists.items()}

    @property
    def parts(self) -> dict[str, Part]:
        """The files of a multipart form by field name."""
        return self._multipart[1]

    @cached_property
    def _multipart(self) -> tuple[dict[str, list[str]], dict[str, Part]]:
        meta = {"CONTENT_TYPE": self.content_type, "CONTENT_LENGTH": str(len(self.body))}
        try:
            parser = MultiPartParser(meta, BytesIO(self.body), [TemporaryFileUploadHandler()], "utf-8")
            fields, files = parser.parse()
        except MultiPartParserError:
            return {}, {}
        lists = {name: [str(value) for value in values] for name, values in fields.lists()}
        return lists, {
            name: Part(str(one.name), str(one.content_type), one.read()) for name, one in cast(Any, files).items()
        }


def told(body: object = None, status: int = 200, **headers: str) -> ApiAnswer:
    """An answer in JSON; None gives no body at all."""
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    return ApiAnswer(status, raw, headers={name.replace("_", "-"): value for name, value in headers.items()})


def refuse(body: object, status: int = 400, **headers: str) -> Refusal:
    """A refusal in JSON, to be raised."""
    return Refusal(told(body, status, **headers))


def json_hook(body: object, *, escaped: bool = False, **more: Any) -> Hook:
    """A request with a JSON body; `escaped`: all that is not ASCII as \\u sequences, as Meta sends it."""
    return Hook(json.dumps(body, ensure_ascii=escaped, separators=(",", ":")).encode(), **more)


def form_hook(fields: Mapping[str, str] | Sequence[tuple[str, str]], **more: Any) -> Hook:
    """A request with a form as its body."""
    return Hook(urlencode(fields).encode(), content_type=FORM, **more)


def signed(hook: Hook, **headers: str) -> Hook:
    """The same request with further headers; _ stands for - in their names."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(hook, headers={**hook.headers, **named})
