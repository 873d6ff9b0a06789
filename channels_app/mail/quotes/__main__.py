"""Print how files of mail text or HTML are folded: `python -m channels_app.mail.quotes FILE…`."""

import argparse
import sys
from pathlib import Path

from channels_app.mail.quotes import fold_html, fold_text


def main(arguments: list[str] | None = None) -> int:
    """Fold each file, as HTML where it looks like it, and print the parts under headings."""
    parser = argparse.ArgumentParser(prog="python -m channels_app.mail.quotes", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--html", action="store_true", help="read every file as HTML")
    options = parser.parse_args(arguments)
    for file in options.files:
        text = file.read_text(encoding="utf-8", errors="replace")
        is_html = options.html or file.suffix.lower() in (".html", ".htm") or "<html" in text[:1000].lower()
        sys.stdout.write(f"# {file}\n{report(text, is_html=is_html)}\n")
    return 0


def report(text: str, *, is_html: bool) -> str:
    """The visible and the quoted part of a body, each under its heading."""
    if is_html:
        html = fold_html(text)
        visible, quoted = html.text, html.quoted_text
    else:
        plain = fold_text(text)
        visible, quoted = plain.visible, plain.quoted
    return f"== visible\n{visible}\n== quoted\n{quoted}\n"


if __name__ == "__main__":
    sys.exit(main())
