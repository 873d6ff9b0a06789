"""The laws of the house that no type checker knows: who imports whom, who names a channel, what a template may hold."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = {
    "helpdesk": {"agents", "customers", "channels_app", "conversations"},
    "conversations": {"agents", "customers", "channels_app"},
    "channels_app": set(),
    "customers": set(),
    "agents": set(),
}
# Inside an app each layer may import those below it, never those above.
LAYERS = ["models", "actions", "tasks", "views"]
ABOVE = {
    "models": {"actions", "tasks", "views", "consumers", "urls", "admin"},
    "actions": {"tasks", "views", "consumers", "urls", "admin"},
    "tasks": {"views", "consumers", "urls", "admin"},
    "views": {"consumers", "urls", "admin"},
    "consumers": {"views", "urls", "admin"},
}
KINDS = sorted(
    path.stem
    for path in (ROOT / "channels_app/connectors").iterdir()
    if not path.stem.startswith("_") and path.stem != "py"
)


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def imports(path):
    """Yield (line, module) for every import of a file, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: -node.level]) if node.level else ""
            module = ".".join(part for part in (start, node.module or "") if part)
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def where(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def test_apps_import_only_what_lies_below_them():
    wrong = [
        f"{where(path, line)} imports {module}"
        for app, below in APPS.items()
        for path in sources(app)
        for line, module in imports(path)
        if module.split(".")[0] in set(APPS) - below - {app}
    ]
    assert not wrong


def test_inside_an_app_nothing_imports_a_layer_above_it():
    wrong = [
        f"{where(path, line)} imports {module}"
        for app in APPS
        for path in sources(app)
        for layer in [path.relative_to(ROOT / app).parts[0].removesuffix(".py")]
        for line, module in imports(path)
        if module.split(".")[0] == app and module.split(".")[1:2] and module.split(".")[1] in ABOVE.get(layer, set())
    ]
    assert not wrong


def test_the_contract_knows_nothing_of_django_models():
    assert not [
        where(path, line)
        for path in sources("channels_app/contract")
        for line, module in imports(path)
        if ".models" in module
    ]


def test_connectors_know_nothing_of_the_database():
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in sources("channels_app/connectors")
        for line, module in imports(path)
        if module.startswith(("django.db", "channels_app.models", "customers", "conversations", "agents"))
    ]
    assert not wrong


def test_there_are_connectors_to_guard():
    assert "email" in KINDS
    assert "webchat" in KINDS


def strings(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def compared_with_kind(path):
    """Yield (line, value) where a `.kind` is compared with, or a `kind=` is given, a string of the source."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and any(
            getattr(side, "attr", "") == "kind" for side in [node.left, *node.comparators]
        ):
            for side in [node.left, *node.comparators]:
                for part in ast.walk(side):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield node.lineno, part.value
        elif (
            isinstance(node, ast.keyword)
            and node.arg in {"kind", "channel__kind"}
            and isinstance(node.value, ast.Constant)
        ):
            yield node.value.lineno, node.value.value


def test_nothing_outside_the_connectors_names_a_channel_kind():
    # The sample shop plays the outside world, so it has to choose the doors it comes in by.
    allowed = [ROOT / name for name in ("channels_app/connectors", "channels_app/simulator", "helpdesk/demo")]
    wrong = [
        f"{where(path, line)} names {value!r}"
        for path in sources("agents", "customers", "channels_app", "conversations", "helpdesk")
        if not any(path.is_relative_to(folder) for folder in allowed)
        for line, value in compared_with_kind(path)
        if value in KINDS
    ]
    wrong += [
        f"{where(path, line)} names a kind: {text.strip()}"
        for path, line, text in template_lines()
        if re.search(rf"channel\.kind\s*[!=]=\s*['\"]({'|'.join(KINDS)})", text)
    ]
    assert not wrong


# ── Templates ──────────────────────────────────────────────────────────────────────────────────────────────────────


def template_lines():
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".svg"}:
            for line, text in enumerate(path.read_text().splitlines(), 1):
                yield path, line, text


# The one text that may pass unescaped: a message's body, which nh3 has cleaned when it was stored.
SAFE_BODIES = re.compile(r"\{\{ html\|safe \}\}")
# It is shown in a sandboxed frame with a policy of its own, which has no other place for its few styles.
FRAME = ROOT / "templates/message/body.html"

FORBIDDEN_IN_TEMPLATES = {
    "hx-on": r"\bhx-on\b|\bdata-hx-on\b",
    "a script in an attribute": r"""["']\s*(js|javascript):""",
    "a style attribute": r"(?<![\w-])style\s*=",
    "an event attribute": r"(?<![\w-])on[a-z]+\s*=\s*[\"']",
    "an inline style sheet": r"<style\b",
    "an inline script": r"<script(?![^>]*\b(src|type=\"application/json\"|type=\"importmap\"))",
    "a filter in hx-trigger": r"hx-trigger\s*=\s*[\"'][^\"']*\[",
    "autoescape off": r"autoescape\s+off",
    "hx-vals with code": r"hx-(vals|vars|headers)\s*=\s*[\"']js:",
    "safe": r"\|\s*safe\b",
    "safeseq": r"\|\s*safeseq\b",
}


@pytest.mark.parametrize("name", FORBIDDEN_IN_TEMPLATES)
def test_templates_hold_no(name):
    pattern = re.compile(FORBIDDEN_IN_TEMPLATES[name])
    wrong = [
        f"{where(path, line)}: {text.strip()[:120]}"
        for path, line, text in template_lines()
        if pattern.search(SAFE_BODIES.sub("", text) if path == FRAME else text)
        if (path, name) != (FRAME, "an inline style sheet")
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hx-on", '<a hx-on:click="x()">'),
        ("a script in an attribute", '<a href="javascript:x()">'),
        ("a style attribute", '<p style="color: red">'),
        ("an event attribute", '<p onclick="x()">'),
        ("an inline style sheet", "<style>p {}</style>"),
        ("an inline script", "<script>x()</script>"),
        ("a filter in hx-trigger", '<p hx-trigger="keyup[ctrlKey]">'),
        ("autoescape off", "{% autoescape off %}"),
        ("hx-vals with code", "<p hx-vals='js:{a: b}'>"),
        ("safe", "{{ name|safe }}"),
        ("safeseq", "{{ names|safeseq }}"),
    ],
)
def test_the_template_lint_sees(name, text):
    assert re.search(FORBIDDEN_IN_TEMPLATES[name], text)


def test_the_template_lint_has_something_to_read():
    assert sum(1 for _ in template_lines()) > 500


# ── Style sheets ───────────────────────────────────────────────────────────────────────────────────────────────────

PHYSICAL = re.compile(
    r"""(?x) (?<![\w-])(
        (margin|padding|border|scroll-margin|scroll-padding)-(left|right)\b
      | border-(top|bottom)-(left|right)-radius\b
      | (left|right)\s*:
      | (text-align|float|clear)\s*:\s*(left|right)\b
    )"""
)


def own_styles():
    return [path for path in sorted((ROOT / "static").rglob("*.css")) if "vendor" not in path.parts]


def test_style_sheets_know_start_and_end_not_left_and_right():
    wrong = [
        f"{where(path, line)}: {text.strip()}"
        for path in own_styles()
        for line, text in enumerate(re.sub(r"/\*.*?\*/", blank, path.read_text(), flags=re.S).splitlines(), 1)
        if PHYSICAL.search(text)
    ]
    assert own_styles()
    assert not wrong


def blank(comment):
    return "\n" * comment[0].count("\n")


@pytest.mark.parametrize("text", ["margin-left: 1px", "left: 0", "text-align: right", "border-top-left-radius: 2px"])
def test_the_style_lint_sees(text):
    assert PHYSICAL.search(text)


@pytest.mark.parametrize(
    "text", ["margin-inline-start: 1px", "inset-inline-end: 0", "text-align: start", "--left: 1px"]
)
def test_the_style_lint_lets_pass(text):
    assert not PHYSICAL.search(text)


# ── The tree ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_app_is_a_drawer_for_anything():
    names = {path.stem for app in APPS for path in sources(app)}
    assert not names & {"core", "common", "utils", "helpers", "misc", "services", "managers"}


def test_no_class_is_called_manager_service_or_helper():
    wrong = [
        f"{where(path, node.lineno)} {node.name}"
        for app in APPS
        for path in sources(app)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Service", "Helper", "Util", "Utils"))
    ]
    assert not wrong


def test_every_module_says_what_it_is_for():
    wrong = [
        str(path.relative_to(ROOT))
        for app in APPS
        for path in sources(app)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not wrong


def test_vendored_files_are_those_that_were_pinned():
    result = subprocess.run(
        [str(Path(__import__("sys").executable)), "manage.py", "vendor", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
