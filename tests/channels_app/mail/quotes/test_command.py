"""`python -m channels_app.mail.quotes FILE…`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_command_prints_both_parts_of_each_file(tmp_path: Path):
    text, html = tmp_path / "a.txt", tmp_path / "b.html"
    text.write_text("네.\n\n-----원본 메시지-----\n화요일?\n", encoding="utf-8")
    html.write_text("<p>Yes.</p><blockquote type=cite>Tuesday?</blockquote>", encoding="utf-8")
    command = [sys.executable, "-m", "channels_app.mail.quotes", str(text), str(html)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    assert printed == (
        f"# {text}\n== visible\n네.\n== quoted\n-----원본 메시지-----\n화요일?\n\n"
        f"# {html}\n== visible\nYes.\n== quoted\n> Tuesday?\n\n"
    )


def test_folding_needs_no_django():
    code = "import sys, channels_app.mail.quotes; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
