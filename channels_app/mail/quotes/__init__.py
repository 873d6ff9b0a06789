"""Folding quoted replies and signatures away from what a person newly wrote; nothing is ever cut.

Pure: strings in, dataclasses out. `python -m channels_app.mail.quotes FILE…` shows what it makes of a mail.
"""

from channels_app.mail.quotes.folded import Folded, FoldedHtml
from channels_app.mail.quotes.markup import fold_html
from channels_app.mail.quotes.plain import fold_text

__all__ = ["Folded", "FoldedHtml", "fold_html", "fold_text"]
