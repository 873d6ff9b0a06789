"""What a channel without formatting shows of light Markdown: the words, without the signs that were meant for a screen."""

from __future__ import annotations

import re

# What stands in one of these is not looked at any further: code, links, bare addresses.
_KEPT = re.compile(
    r"```[^\n`]*\n(?P<block>.*?)\n?```|`(?P<code>[^`\n]+)`"
    r"|\[(?P<title>[^\]\n]+)\]\((?P<link>(?:https?://|mailto:|tel:)[^\s)]+)\)|(?P<bare>https?://\S+)",
    re.DOTALL,
)
# A sign inside a word, as in 2*3*4 or snake_case_name, is no emphasis.
_EMPHASIS = [
    re.compile(r"(?<!\w)(\*\*\*|\*\*|___|__|~~)(?=\S)([^\n]+?)(?<=\S)\1(?!\w)"),
    re.compile(r"(?<![\w*])(\*)(?=[^\s*])([^\n*]+?)(?<=\S)\1(?![\w*])"),
    re.compile(r"(?<![\w_])(_)(?=[^\s_])([^\n_]+?)(?<=\S)\1(?![\w_])"),
]
# Korean particles follow the closing sign without a space: **환불**은.
_STRONG_BEFORE_LETTER = re.compile(r"(?<!\w)(\*\*|~~)(?=\S)([^\n]+?)(?<=\S)\1")
_HEADING = re.compile(r"^#{1,6} +", re.MULTILINE)
_BULLET = re.compile(r"^(\s*)[*+-] +(?=\S)", re.MULTILINE)
# A character of the private use area, which stands where something is kept.
_HOLE = "\ue0ff"
_QUOTE = re.compile(r"^> ?", re.MULTILINE)


def plain(text: str) -> str:
    """Light Markdown as plain text: links become "title (address)", bullets "• ", quotes "> ", code stays as it is."""
    text, done, at = text.replace(_HOLE, ""), [], 0
    for kept in _KEPT.finditer(text):
        done += [text[at : kept.start()], _HOLE]
        at = kept.end()
    bare = _unmarked("".join([*done, text[at:]]))
    for kept in _KEPT.finditer(text):
        bare = bare.replace(_HOLE, _words(kept), 1)
    return bare


def _words(kept: re.Match[str]) -> str:
    found = kept.groupdict()
    if found["link"]:
        address = found["link"].removeprefix("mailto:").removeprefix("tel:")
        return address if found["title"] == address else f"{_unmarked(found['title'])} ({address})"
    return next((found[name] for name in ("block", "code", "bare") if found[name] is not None), "")


def _unmarked(text: str) -> str:
    text = _BULLET.sub(r"\1• ", _HEADING.sub("", _QUOTE.sub("> ", text)))
    for emphasis in (_EMPHASIS[0], _STRONG_BEFORE_LETTER, *_EMPHASIS[1:]):
        text = emphasis.sub(r"\2", text)
    return text
