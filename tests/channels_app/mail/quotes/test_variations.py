"""The corpus once more, as other programs and gateways would hand it on."""

import textwrap
from dataclasses import replace
from html import escape

import pytest

from channels_app.mail.quotes import fold_html
from tests.channels_app.mail.quotes.corpus import Case, cases

TEXTS = [case for case in cases("tuned") + cases("held_out") if case.kind == "text"]
ATTRIBUTED = [case for case in TEXTS if case.name in ("gmail", "gmail-long-sender", "thunderbird")]


def wrapped(case: Case, width: int, gap: str) -> Case | None:
    """The case with its attribution wrapped at another width; None where that would take more than four lines."""
    answer, _, rest = case.mail.partition("\n\n")
    attribution, _, quote = rest.partition("\n>")
    rows = textwrap.wrap(" ".join(attribution.split()), width, break_long_words=False, break_on_hyphens=False)
    if len(rows) > 4:
        return None
    return replace(case, mail="\n".join([answer, "", *rows]) + f"{gap}>{quote}")


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["close", "apart"])
def test_an_attribution_may_be_wrapped_anywhere(gap: str):
    variants = [wrapped(case, width, gap) for case in ATTRIBUTED for width in range(34, 80, 3)]
    found = [case for case in variants if case]
    assert len(found) > 500
    assert [(case.language, case.name, case.seen()) for case in found if not case.is_right()] == []


def test_line_ends_do_not_matter():
    for ending in ("\r\n", "\r"):
        variants = [replace(case, mail=case.mail.replace("\n", ending)) for case in TEXTS]
        assert [(case.language, case.name) for case in variants if not case.is_right()] == []


@pytest.mark.parametrize("frame", ["<div>{}</div>", "<p>{}</p>\n", "{}<br>\n"], ids=["div", "p", "br"])
def test_a_text_sent_as_markup_is_folded_alike(frame: str):
    for case in TEXTS:
        html = "".join(frame.format(escape(row, quote=False) or "<br>") for row in case.mail.splitlines())
        variant = replace(case, kind="html", mail=html)
        assert variant.is_right(), (case.language, case.name, variant.seen())


def test_a_text_in_a_pre_element_is_folded_alike():
    for case in TEXTS:
        variant = replace(case, kind="html", mail=f"<pre>{escape(case.mail, quote=False)}</pre>")
        assert variant.is_right(), (case.language, case.name, variant.seen())


def test_folding_what_is_visible_again_changes_nothing():
    for case in cases("tuned") + cases("held_out"):
        if case.kind == "html":
            folded = fold_html(case.mail)
            assert fold_html(folded.visible).text == folded.text, case.name
