"""Style sheets and scripts joined at first use: an entry file imports its parts, and no build step exists."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

ENTRIES = frozenset(
    {
        "css/desk.css",
        "css/more.css",
        "css/pages.css",
        "js/desk.js",
        "js/more.js",
        "js/account.js",
        "js/settings.js",
        "widget/panel.css",
        "widget/panel/main.js",
    }
)
# A second part is loaded into the page of a first one, and holds nothing that is there already.
SECOND_PARTS = {"js/more.js": "js/desk.js"}
PREFIX = "/assets/"
CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

CSS_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CSS_SPACE = re.compile(r"\s*([{};])\s*|([,:]) ")
JS_IMPORT = re.compile(r'^import\s+(?:([\w$*{}\s,]+?)\s+from\s+)?"(\.{1,2}/[^"]+)";?[ \t]*$', re.MULTILINE)
JS_EXPORT = re.compile(r"^export (default )?(?=(?:async )?(?:function\*?|class|const) ([\w$]+))", re.MULTILINE)
JS_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};?[ \t]*$", re.MULTILINE)
# The address of another entry, in a script that loads it when it is wanted.
JS_ASSET = re.compile(r'\basset\("(\.{1,2}/[^"]+)"\)')
# Whole lines only: a pattern could not tell a comment behind code from a part of a text.
JS_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*.*\*/)[ \t]*$", re.MULTILINE)
JS_UNKNOWN = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """One joined file, plain and gzipped, with the digest that names it."""

    entry: str
    content: bytes
    packed: bytes
    digest: str

    @property
    def file_name(self) -> str:
        """The entry's path with the digest before its suffix."""
        stem, suffix = posixpath.splitext(self.entry)
        return f"{stem}.{self.digest}{suffix}"


def bundle(entry: str) -> Bundle:
    """The joined file of an entry; read again on every use while DEBUG is on."""
    return _joined(entry) if settings.DEBUG else _kept(entry)


@lru_cache
def _kept(entry: str) -> Bundle:
    return _joined(entry)


def _joined(entry: str) -> Bundle:
    parts = _styles(entry) if entry.endswith(".css") else _scripts(entry)
    content = "\n".join(parts).encode()
    return Bundle(entry, content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12])


def _styles(entry: str) -> list[str]:
    parts: dict[str, str] = {}
    _collect_css(entry, parts, ())
    return list(parts.values())


def _scripts(entry: str) -> list[str]:
    first = SECOND_PARTS.get(entry)
    loaded = _modules(first) if first else {}
    return [_as_part(path, text) for path, text in _modules(entry).items() if path not in loaded]


def _source(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        raise ImproperlyConfigured(f"static file {path} is missing")
    return Path(found).read_text(encoding="utf-8")


def _resolved(path: str, importer: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def _collect_css(path: str, parts: dict[str, str], importers: tuple[str, ...]) -> None:
    text = _source(path)
    before, _, after = text.partition("@import")
    if after:  # the layer order of the entry has to stand before everything it imports
        parts[f"{path}#order"] = _without_blanks(CSS_COMMENT.sub("", before))
    for name in CSS_IMPORT.findall(text):
        _collect_css(_resolved(name, path), parts, (*importers, path))
    parts[path] = _without_blanks(CSS_COMMENT.sub("", CSS_IMPORT.sub("", text if not after else "@import" + after)))


def _without_blanks(text: str) -> str:
    return CSS_SPACE.sub(lambda match: match[1] or match[2], re.sub(r"\s+", " ", text)).replace(";}", "}").strip()


def _trimmed(text: str) -> str:
    """A script without indentation and empty lines; its line ends stay, they may end statements."""
    return "\n".join(line for line in (line.strip() for line in text.splitlines()) if line)


def _modules(entry: str) -> dict[str, str]:
    """Paths and texts of an entry and of all that it imports, each after what it needs."""
    modules: dict[str, str] = {}
    _collect_js(entry, modules, ())
    return modules


def _collect_js(path: str, modules: dict[str, str], importers: tuple[str, ...]) -> None:
    if path in importers:
        raise ImproperlyConfigured(f"scripts import each other: {' > '.join((*importers, path))}")
    if path in modules:
        return
    text = _source(path)
    for _names, name in JS_IMPORT.findall(text):
        _collect_js(_resolved(name, path), modules, (*importers, path))
    modules[path] = text


def _as_part(path: str, text: str) -> str:
    is_module = path.startswith(("js/", "widget/")) or JS_EXPORT.search(text) or JS_EXPORT_LIST.search(text)
    return _as_function(path, text) if is_module else f"/* {path} */\n{text.strip()}\n;"


def _as_function(path: str, text: str) -> str:
    """A module as a function that returns what it exports; imports become look-ups."""
    exports: list[str] = []

    def imported(match: re.Match[str]) -> str:
        names, name = match.groups()
        return f'const {_binding(names)} = __m["{_resolved(name, path)}"];' if names else ""

    def exported(match: re.Match[str]) -> str:
        exports.append(f"default: {match[2]}" if match[1] else match[2])
        return ""

    def listed(match: re.Match[str]) -> str:
        for item in filter(None, (part.strip() for part in match[1].split(","))):
            inner, _, outer = item.partition(" as ")
            exports.append(f"{outer or inner}: {inner}")
        return ""

    text = JS_ASSET.sub(lambda match: f'"{url(_resolved(match[1], path))}"', text)
    text = JS_EXPORT_LIST.sub(listed, JS_EXPORT.sub(exported, JS_IMPORT.sub(imported, text)))
    if unknown := JS_UNKNOWN.search(text):
        raise ImproperlyConfigured(f"{path}: the bundle does not understand “{unknown[0]}”")
    body = f'"use strict";\n{_trimmed(JS_COMMENT.sub("", text))}\nreturn {{ {", ".join(exports)} }};'
    return f'/* {path} */\n(globalThis.__m ??= {{}})["{path}"] = (() => {{\n{body}\n}})();'


def _binding(names: str) -> str:
    names = names.strip()
    if names.startswith("{"):
        return names.replace(" as ", ": ")
    if names.startswith("*"):
        return names.removeprefix("*").strip().removeprefix("as ").strip()
    return f"{{ default: {names} }}"


def url(entry: str) -> str:
    """The address of an entry's joined file, new whenever its content is."""
    return reverse("asset", args=[bundle(entry).file_name])


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer requests for joined files before a session is looked at: a cookie must not make them look different."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        try:
            return show(request, request.path_info.removeprefix(PREFIX))
        except Http404:
            return get_response(request)

    return answer


@login_not_required
@require_safe
def show(request: HttpRequest, file_name: str) -> HttpResponse:
    """A joined file; kept for ever under its own digest, never under an outdated one."""
    stem, digest, suffix = _taken_apart(file_name)
    entry = f"{stem}.{suffix}"
    if entry not in ENTRIES:
        raise Http404(file_name)
    joined = bundle(entry)
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(joined.packed if packs else joined.content, content_type=CONTENT_TYPES[f".{suffix}"])
    if packs:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = "public, max-age=31536000, immutable" if digest == joined.digest else "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _taken_apart(file_name: str) -> tuple[str, str, str]:
    parts = file_name.rsplit(".", 2)
    if len(parts) != 3:
        raise Http404(file_name)
    return parts[0], parts[1], parts[2]
