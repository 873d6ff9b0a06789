"""Copy the pinned third-party front-end files from node_modules, or check the committed copies."""

import hashlib
import json
import re
from argparse import ArgumentParser
from pathlib import Path
from xml.etree import ElementTree

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

ROOT = Path(settings.BASE_DIR)
MODULES = ROOT / "node_modules"
MANIFEST = ROOT / "static/vendor/manifest.json"
FOLDERS = (ROOT / "static/vendor", ROOT / "tests/browser/vendor")

# package: {path in the package: path in this repository}; a "*" copies every match into the folder.
COPIES = {
    "pretendard": {
        "dist/web/variable/woff2-dynamic-subset/*.woff2": "static/vendor/pretendard/woff2-dynamic-subset/",
        "dist/LICENSE.txt": "static/vendor/pretendard/LICENSE.txt",
    },
    "idiomorph": {
        "dist/idiomorph-ext.min.js": "static/vendor/idiomorph/idiomorph-ext.min.js",
        "LICENSE": "static/vendor/idiomorph/LICENSE",
    },
    "@github/combobox-nav": {
        "dist/index.js": "static/vendor/combobox-nav/index.js",
        "LICENSE": "static/vendor/combobox-nav/LICENSE",
    },
    "lucide-static": {"LICENSE": "static/vendor/lucide/LICENSE"},
    "axe-core": {
        "axe.min.js": "tests/browser/vendor/axe.min.js",
        "LICENSE": "tests/browser/vendor/LICENSE",
        "LICENSE-3RD-PARTY.txt": "tests/browser/vendor/LICENSE-3RD-PARTY.txt",
    },
}
FONT_CSS = "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css"
ICONS = (ROOT / "static/img/icons.txt", ROOT / "static/vendor/lucide/icons.svg")

ElementTree.register_namespace("", "http://www.w3.org/2000/svg")


class Command(BaseCommand):
    """Copy, or with --check compare the committed copies with their recorded hashes and pins."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="verify the committed copies, without node_modules")

    def handle(self, *args: object, check: bool = False, **options: object) -> None:
        if check:
            return self.verify()
        if not MODULES.exists():
            raise CommandError("node_modules is missing: run `npm ci --ignore-scripts` first")
        for package, files in COPIES.items():
            for source, target in files.items():
                _copy(MODULES / package, source, ROOT / target)
        _write(FOLDERS[0] / "pretendard/pretendard.css", _font_css(MODULES / FONT_CSS))
        _write(ICONS[1], _sprite(ICONS[0].read_text().split()))
        MANIFEST.write_text(json.dumps({"packages": _pins(), "files": _hashes()}, indent=1) + "\n")
        self.stdout.write(f"{len(_hashes())} files copied")

    def verify(self) -> None:
        """Fail when a committed copy differs from its hash, is unknown, or its pin moved without a new copy."""
        recorded = json.loads(MANIFEST.read_text())
        if recorded["packages"] != _pins():
            raise CommandError("package.json pins other versions than the vendored copies: run `npm run vendor`")
        wrong = set(recorded["files"].items()) ^ set(_hashes().items())
        if wrong:
            raise CommandError(
                "vendored files differ from the manifest: " + ", ".join(sorted({name for name, _ in wrong}))
            )
        self.stdout.write(f"{len(recorded['files'])} vendored files verified")


def _copy(package: Path, source: str, target: Path) -> None:
    for path in sorted(package.glob(source)):
        _write(target / path.name if "*" in source else target, path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _font_css(path: Path) -> bytes:
    """The package's style sheet without comments and blanks, its licence notice kept."""
    css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    css = re.sub(r"\s*([{};:,])\s*", r"\1", css).replace("'woff2-variations'", "'woff2'").replace("}", "}\n").strip()
    return (
        b"/* Pretendard: Copyright (c) 2021 Kil Hyung-jin. SIL Open Font License 1.1, see LICENSE.txt. */\n"
        + css.encode()
    )


def _sprite(names: list[str]) -> bytes:
    """The named Lucide icons as the symbols of one file."""
    symbols = []
    for name in sorted(set(names)):
        svg = ElementTree.parse(MODULES / f"lucide-static/icons/{name}.svg").getroot()
        shapes = "".join(ElementTree.tostring(shape, encoding="unicode").strip() for shape in svg)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'.replace(
                ' xmlns="http://www.w3.org/2000/svg"', ""
            )
        )
    notice = "<!-- Lucide icons, ISC licence, see LICENSE. -->"
    return f'<svg xmlns="http://www.w3.org/2000/svg">{notice}\n{chr(10).join(symbols)}\n</svg>\n'.encode()


def _pins() -> dict[str, str]:
    return dict(json.loads((ROOT / "package.json").read_text())["devDependencies"])


def _hashes() -> dict[str, str]:
    files = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.is_file() and path != MANIFEST)
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
