"""Folding plain text."""

from channels_app.mail.quotes.decide import labels_of
from channels_app.mail.quotes.folded import Folded
from channels_app.mail.quotes.line import Label, line_of, normalised

#: Nobody reads more; machines that send more quote nothing.
_MOST_LINES = 50_000


def fold_text(text: str) -> Folded:
    """Divide a plain text body into what its writer newly wrote and what surrounds it."""
    rows = text.splitlines(keepends=True)
    if len(rows) > _MOST_LINES:
        return Folded(visible=text)
    clean = normalised(text)
    labels = labels_of([line_of(row) for row in (rows if clean is text else clean.splitlines(keepends=True))])
    if Label.QUOTED not in labels and Label.SIGNATURE not in labels:
        return Folded(visible=text)
    return Folded(
        visible=_joined(rows, labels, (Label.VISIBLE,)),
        quoted=_joined(rows, labels, (Label.QUOTED, Label.SIGNATURE)),
        signature=_joined(rows, labels, (Label.SIGNATURE,)),
    )


def _joined(rows: list[str], labels: list[Label], wanted: tuple[Label, ...]) -> str:
    """The chosen rows; where something was folded between two, one empty line is enough."""
    chosen: list[str] = []
    skipped = True
    for row, label in zip(rows, labels, strict=True):
        if label not in wanted:
            skipped = True
        elif not skipped or not row.isspace() or (chosen and not chosen[-1].isspace()):
            chosen.append(row)
            skipped = skipped and row.isspace()
    return "".join(chosen).strip("\r\n").rstrip()
