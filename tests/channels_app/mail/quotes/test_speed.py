"""Time grows with the length of the mail, whatever an attacker writes."""

import random
import time
from collections.abc import Callable

import pytest

from channels_app.mail.quotes import fold_html, fold_text
from tests.channels_app.mail.quotes.corpus import cases

SIZE = 1_000_000
LIMIT_SECONDS = 1.0
ROWS = [
    "a",
    ">",
    "> q\n",
    ":\n",
    "wrote:\n",
    "From: a@b.c\n",
    "From: x\n\n",
    "On 3 May 2024 at 14:22\n",
    "On 3 May 2024 at 14:22 x wrote:\n",
    "On 3 May 2024 at 14:22 x <a@b.c> wrote:\n> q\nanswer\n",
    "1",
    "1.",
    "a@",
    "<a@b.c>,",
    "_",
    "_____\n",
    "-- \n",
    "--\n",
    "- ",
    "Sent from my iPhone\n",
    "sent from " + "a " * 40 + "\n",
    " ",
    "\t>",
    "\n",
    "confidential addressee\n",
    "confidential addressee " * 20 + "\n\n",
    "Regards\n\n",
    "x " * 190 + ":\n",
    "12 ab " * 60 + ":\n",
    "From: x\na@b;\na@b;\na@b;\n",
    "-----Original Message-----\n",
    "https://",
    "\u2028",
    "٣",
    "가: ",
]
TAGS = [
    "<div>",
    "<b>",
    "<p><b a=1>",
    "<blockquote>x",
    "<table><tr><td>",
    "<a>",
    "<",
    '<div class="',
    "<ul><li>x",
    "<p>x",
    "<br>",
    "<p>x<!--",
    '<div style="border-top:solid #E1E1E1">From: x@y<br></div>',
    "<div class=gmail_quote>x</div>",
    "<div class=gmail_attr>x:</div>" + "y" * 60,
    "<div class=signature>x</div>" + "y" * 60,
    "<select>",
    "<svg>",
    "<button>",
]


def seconds(action: Callable[[], object]) -> float:
    started = time.process_time()
    action()
    return time.process_time() - started


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_megabyte_of_one_thing_takes_less_than_a_second(row: str):
    mail = (row * (SIZE // len(row) + 1))[:SIZE]
    assert seconds(lambda: fold_text(mail)) < LIMIT_SECONDS


@pytest.mark.parametrize("tag", TAGS, ids=range(len(TAGS)))
def test_a_megabyte_of_one_tag_takes_less_than_a_second(tag: str):
    html = (tag * (SIZE // len(tag) + 1))[:SIZE]
    assert seconds(lambda: fold_html(html)) < LIMIT_SECONDS


def test_a_box_of_a_hundred_thousand_words_is_read_once():
    html = '<div style="border-top:solid #E1E1E1">' + "From x<br>" * 50_000 + "</div>"
    assert seconds(lambda: fold_html(html)) < LIMIT_SECONDS


def test_a_megabyte_of_noise_takes_less_than_a_second():
    noise = "".join(random.Random(7).choices(">:@-_ \n123abFrom:On wrote:가", k=SIZE))
    assert seconds(lambda: fold_text(noise)) < LIMIT_SECONDS


def test_markup_just_short_of_the_limits_is_still_folded_in_time():
    html = "<p>x</p>" * 20_000 + "<blockquote type=cite>y</blockquote>"
    assert seconds(lambda: fold_html(html)) < LIMIT_SECONDS
    assert fold_html(html).quoted == '<blockquote type="cite">y</blockquote>'


def test_the_whole_corpus_takes_a_blink():
    mails = cases("tuned") + cases("held_out")
    fold_all = lambda: [case.seen() for case in mails]  # noqa: E731
    fold_all()
    assert seconds(fold_all) / len(mails) < 0.003
