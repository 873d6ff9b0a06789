"""Deciding for every line whether it is shown or folded; plain text and HTML share this."""

from channels_app.mail.quotes.blocks import Block, find_blocks
from channels_app.mail.quotes.line import Label, Line, next_filled
from channels_app.mail.quotes.phrases import announces_inline_answers
from channels_app.mail.quotes.shapes import is_rule
from channels_app.mail.quotes.signature import signature_start

#: A longer quote above a single answer is the whole mail, not the sentence that is answered.
_LONGEST_ANSWERED = 12
_LONGEST_INTRODUCTION = 2000


def labels_of(lines: list[Line]) -> list[Label]:
    """One label per line. Where nothing of the writer's own would be left, everything is visible."""
    labels = [Label.VISIBLE] * len(lines)
    blocks = find_blocks(lines)
    _fold_signatures(lines, blocks, labels)
    answered = [_has_text(lines, labels, block.end, after) for block, after in _with_next_start(blocks, len(lines))]
    if not any(answered) and _answers_stand_inside(lines, blocks, labels):
        return [Label.VISIBLE] * len(lines)
    for block in _folded(lines, blocks, answered):
        labels[block.start : block.end] = [Label.QUOTED] * (block.end - block.start)
    if not _has_text(lines, labels, 0, len(lines)):
        return [Label.VISIBLE] * len(lines)
    return labels


def _fold_signatures(lines: list[Line], blocks: list[Block], labels: list[Label]) -> None:
    """Signatures stand above the first quote or at the very end."""
    first = blocks[0].start if blocks else len(lines)
    stretches = {(0, first), (blocks[-1].end if blocks else 0, len(lines))}
    for start, end in stretches:
        cut = signature_start(lines, start, end)
        labels[cut:end] = [Label.SIGNATURE] * (end - cut)


def _with_next_start(blocks: list[Block], end: int) -> list[tuple[Block, int]]:
    starts = [block.start for block in blocks[1:]] + [end]
    return list(zip(blocks, starts, strict=True)) if blocks else []


def _has_text(lines: list[Line], labels: list[Label], start: int, end: int) -> bool:
    """Is there more than drawn lines?"""
    shown = (lines[at].text for at in range(start, end) if labels[at] is Label.VISIBLE)
    return any(text and not is_rule(text) for text in shown)


def _answers_stand_inside(lines: list[Line], blocks: list[Block], labels: list[Label]) -> bool:
    """The writer points into the quote, and no answer was found around it: folding would hide the answers."""
    if not blocks or blocks[0].is_forward:
        return False
    own = " ".join(lines[at].text for at in range(blocks[0].start) if labels[at] is Label.VISIBLE)
    return announces_inline_answers(own[:_LONGEST_INTRODUCTION])


def _folded(lines: list[Line], blocks: list[Block], answered: list[bool]) -> list[Block]:
    """A quote stays with the answer below it, unless it is the whole mail above a bottom-posted answer."""
    is_interleaved = sum(answered) > 1
    top = next_filled(lines, 0)
    return [
        block
        for block, has_answer in zip(blocks, answered, strict=True)
        if not has_answer
        or block.is_unmarked
        or not (is_interleaved or (block.start > top and _size(lines, block) <= _LONGEST_ANSWERED))
    ]


def _size(lines: list[Line], block: Block) -> int:
    return sum(1 for line in lines[block.start : block.end] if line.text)
