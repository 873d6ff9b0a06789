"""What folding gives back: every word of the mail is either visible or quoted, never gone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folded:
    """A plain text in two parts, each in the order of the mail."""

    visible: str
    quoted: str = ""
    #: The part of `quoted` that is a signature, a mobile footer or a disclaimer; empty where there is none.
    signature: str = ""


@dataclass(frozen=True, slots=True)
class FoldedHtml:
    """An HTML body in two parts, with the same parts as plain text. Not sanitised: fold first, sanitise after."""

    visible: str
    quoted: str = ""
    signature: str = ""
    text: str = ""
    quoted_text: str = ""
