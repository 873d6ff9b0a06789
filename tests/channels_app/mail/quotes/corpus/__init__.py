"""The corpus of folded mails: composed cases of every language and mail program, with what should stay visible.

`tuned/` was looked at while the tables grew; `held_out/` was written before the tables and scored before any change.
A case is `#### name kind`, the mail, `#### visible`, and the text that should be visible.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from channels_app.mail.quotes import fold_html, fold_text

HERE = Path(__file__).parent
_HEADING = re.compile(r"^#### (.*)\n", re.MULTILINE)
_QUOTE_MARKS = re.compile(r"^>+ ?")


@dataclass(frozen=True)
class Case:
    language: str
    name: str
    kind: str
    mail: str
    visible: str

    def is_right(self) -> bool:
        return self.seen() == _lines(self.visible, self.kind)

    def seen(self) -> list[str]:
        text = fold_text(self.mail).visible if self.kind == "text" else fold_html(self.mail).text
        return _lines(text, self.kind)


def cases(part: str) -> list[Case]:
    return [case for file in sorted((HERE / part).glob("*.txt")) for case in _read(file)]


def _read(file: Path) -> list[Case]:
    pieces = _HEADING.split(file.read_text(encoding="utf-8"))[1:]
    found = []
    for heading, mail, _, visible in zip(pieces[::4], pieces[1::4], pieces[2::4], pieces[3::4], strict=True):
        language, name, kind = heading.split() if file.stem != "hard" else ("any", *heading.rsplit(" ", 1))
        found.append(Case(language, name, kind, mail, visible))
    return found


def _lines(text: str, kind: str) -> list[str]:
    """Lines with single spaces; quote marks of HTML are the reader's choice, empty lines are nobody's."""
    rows = [" ".join(row.split()) for row in text.splitlines()]
    if kind == "html":
        rows = [_QUOTE_MARKS.sub("", row) for row in rows]
    return [row for row in rows if row.strip("> ")]
