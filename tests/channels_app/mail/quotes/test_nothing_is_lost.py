"""Whatever a mail holds, each of its words is in exactly one of the two parts, in the order of the mail."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from channels_app.mail.quotes import fold_html, fold_text
from tests.channels_app.mail.quotes.corpus import cases

ROWS = st.sampled_from(
    [
        "Hello,",
        "M please.",
        "",
        "",
        "-- ",
        "--",
        "Dana Roth",
        "dana@mail.example +49 30 1234567",
        "Best regards,",
        "> Which size?",
        "> > nested",
        ">",
        "On Mon, Mar 2, 2026 at 10:05 AM Kelp <nori@kelp.example> wrote:",
        "2026년 3월 2일 (월) 오전 10:05, 켈프몰 <nori@kelp.example>님이 작성:",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "________________________________",
        "From: Kelp <nori@kelp.example>",
        "Sent: Monday, March 2, 2026 10:05 AM",
        "To: Dana",
        "Subject: 8812",
        "Sent from my iPhone",
        "This mail is confidential and meant for the intended recipient; notify the sender of any mistake at once.",
    ]
)
MAILS = st.lists(ROWS | st.text(max_size=20), max_size=30).map("\n".join)
TAGS = ["p", "div", "blockquote", 'blockquote type="cite"', 'div class="gmail_quote"', 'div id="Signature"', "b", "td"]


@st.composite
def markup(draw: st.DrawFn) -> str:
    pieces = []
    for row in draw(st.lists(ROWS, max_size=20)):
        tag = draw(st.sampled_from(TAGS))
        closing = draw(st.sampled_from([f"</{tag.split()[0]}>", "", "<br>", "<hr>"]))
        pieces.append(f"<{tag}>{row.replace('<', '&lt;')}{closing}")
    return "".join(pieces)


def lines(text: str) -> Counter[str]:
    return Counter(row.strip() for row in text.splitlines() if row.strip())


def words(html: str) -> Counter[str]:
    body = LexborHTMLParser(html).body
    return Counter((body.text(separator=" ") if body else "").split())


@given(MAILS)
@settings(max_examples=400, deadline=None)
def test_every_line_of_a_text_is_in_exactly_one_part(mail: str):
    folded = fold_text(mail)
    assert lines(folded.visible) + lines(folded.quoted) == lines(mail)
    assert lines(folded.signature) <= lines(folded.quoted)


@given(MAILS)
@settings(max_examples=400, deadline=None)
def test_a_mail_with_text_always_shows_some(mail: str):
    assert bool(fold_text(mail).visible.strip()) is bool(mail.strip())


@given(MAILS)
@settings(max_examples=200, deadline=None)
def test_what_is_visible_stays_in_order(mail: str):
    rows = iter(mail.splitlines())
    assert all(any(row.strip() == seen.strip() for row in rows) for seen in fold_text(mail).visible.splitlines())


@given(markup())
@settings(max_examples=300, deadline=None)
def test_every_word_of_markup_is_in_exactly_one_part(html: str):
    folded = fold_html(html)
    assert words(folded.visible) + words(folded.quoted) == words(html)
    assert bool(words(folded.visible)) is bool(words(html))


def test_no_case_of_the_corpus_loses_a_word():
    for case in cases("tuned") + cases("held_out"):
        if case.kind == "text":
            folded = fold_text(case.mail)
            assert lines(folded.visible) + lines(folded.quoted) == lines(case.mail), case.name
        else:
            html = fold_html(case.mail)
            assert words(html.visible) + words(html.quoted) == words(case.mail), case.name
