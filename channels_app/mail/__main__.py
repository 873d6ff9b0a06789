"""Read a folder of mail and say what was understood: `python -m channels_app.mail FOLDER_OR_FILE…`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from channels_app.mail.html import clean_html
from channels_app.mail.model import Mail, Part
from channels_app.mail.parse import parse_mail

_ENDINGS = frozenset((".eml", ".txt", ".msg", ".mail", ""))


def main(arguments: list[str]) -> int:
    """Print one block a mail (or only totals with --quiet); exit 1 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m channels_app.mail", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="mail files, mbox files or folders of them")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the totals")
    parser.add_argument(
        "-n", "--repeat", type=int, default=1, metavar="TIMES", help="read each mail TIMES times, to measure"
    )
    chosen = parser.parse_args(arguments)
    totals: Counter[str] = Counter()
    spent = 0.0
    for name, raw in _mails(chosen.paths):
        start = time.process_time()
        for _ in range(chosen.repeat):
            mail = parse_mail(raw)
            clean_html(mail.html)
        spent += time.process_time() - start
        totals.update(_tally(mail))
        if not chosen.quiet:
            _out(_described(name, mail))
    return _summary(totals, spent, chosen.repeat)


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _mails(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file == path or file.suffix.lower() in _ENDINGS or file.suffix == ".mbox"):
                yield from _in_file(file)


def _in_file(file: Path) -> Iterator[tuple[str, bytes]]:
    raw = file.read_bytes()
    if file.suffix != ".mbox":
        yield str(file), raw
        return
    pieces = (b"\n" + raw).split(b"\nFrom ")[1:]
    for number, piece in enumerate(pieces, 1):
        yield f"{file}#{number}", piece.partition(b"\n")[2].replace(b"\n>From ", b"\nFrom ")


def _described(name: str, mail: Mail) -> str:
    first = next((line.strip() for line in mail.text.split("\n") if line.strip()), "")
    lines = [
        f"── {name} ({mail.size} bytes)",
        f"   subject     {mail.subject}",
        f"   from        {mail.from_ or '—'}   to {', '.join(map(str, mail.to)) or '—'}",
        f"   date        {mail.date or '—'}   charset {mail.charset or '—'}   language {mail.language or '—'}",
        f"   text        {first[:100]}",
    ]
    lines += [f"   file        {_file(part)}" for part in mail.attachments[:20]]
    if mail.automatic:
        lines.append(f"   automatic   {mail.automatic.kind} ({mail.automatic.evidence})")
    if mail.report:
        lines.append(f"   report      {mail.report.kind} by {mail.report.found_by} of <{mail.report.message_id}>")
        lines += [
            f"               {one.address}: {one.outcome} {one.status} {one.diagnostic[:80]}"
            for one in mail.report.recipients
        ]
    lines += [f"   mark        {mark}" for mark in _marks(mail)]
    return "\n".join(lines)


def _file(part: Part) -> str:
    words = (
        part.name,
        part.content_type,
        f"{len(part.content)} bytes",
        "inline" if part.is_inline else "",
        part.note,
        part.summary,
    )
    return " ".join(word for word in words if word)


def _marks(mail: Mail) -> list[str]:
    return [*(["encrypted"] if mail.is_encrypted else []), *(["signed"] if mail.is_signed else []), *mail.defects]


def _tally(mail: Mail) -> Counter[str]:
    facts = {
        "with HTML": bool(mail.html),
        "with files": bool(mail.attachments),
        "automatic": mail.automatic is not None,
        "reports": mail.report is not None,
        "with marks": bool(mail.defects),
        "without text": not mail.text.strip(),
        "without sender": mail.from_ is None,
    }
    return Counter(["mails", *(name for name, is_so in facts.items() if is_so), f"charset {mail.charset or 'none'}"])


def _summary(totals: Counter[str], spent: float, repeat: int) -> int:
    count = totals["mails"]
    if not count:
        _out("no mail found")
        return 1
    _out("")
    for name, number in totals.most_common():
        _out(f"{number:8d}  {name}")
    each = spent / (count * repeat)
    _out(
        f"\n{count * repeat} readings in {spent:.2f} CPU-s: {each * 1000:.2f} ms each, {1 / each if each else 0:.0f} a second"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
