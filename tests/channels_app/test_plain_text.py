"""Light Markdown where a channel knows none, and in a channel's own marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.plain_text import Marks, marked_html, plain, write


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Hi **you**, *me*, ~~no~~ and `a*b`", "Hi you, me, no and a*b"),
        ("[the page](https://a.example/x?y=1)", "the page (https://a.example/x?y=1)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("<https://a.example/한글> <help@a.example>", "https://a.example/한글 help@a.example"),
        ("- one\n- two\n  - three", "• one\n• two\n  • three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("3) three\n4) four", "3) three\n4) four"),
        ("> she said\n> so\n\nNo.", "> she said\n> so\n\nNo."),
        ("# Title\nbelow", "Title\nbelow"),
        ("```\na\n  b\n```\nafter", "a\n  b\nafter"),
        ("**이음(Ieum)**은 좋아요", "이음(Ieum)은 좋아요"),
        ("**환불**은 3일 안에 됩니다", "환불은 3일 안에 됩니다"),
        ("***both***", "both"),
        (r"\*not bold\*", "*not bold*"),
        ("[Write](mailto:help@shop.example)", "Write (help@shop.example)"),
        ("See [the *guide*](https://shop.example/a_b_c)", "See the guide (https://shop.example/a_b_c)"),
        ("- one\n* two\n+ three", "• one\n• two\n• three"),
        ("**https://shop.example/_a_/x**", "https://shop.example/_a_/x"),
    ],
)
def test_marks_become_signs_that_anybody_can_read(written, sent):
    assert plain(written) == sent


@pytest.mark.parametrize(
    "written",
    [
        "a\n\n\n\nb\nc",
        "2 * 3 * 4 = 24",
        "snake_case_name",
        "&amp; &lt;b&gt; <b>raw</b>",
        "Regards\n---",
        "Best\n\n---\n\nAda",
        "[x]: https://a.example",
        "[click](javascript:alert(1))",
        "+82 10 1234 5678",
        "https://shop.example/_a_/*b*",
        "안녕하세요! 주문 번호 2024-11-03 (A_B) 확인 부탁드려요.\n감사합니다.",
        "-5 degrees and #1",
        "#1234 is on its way",
    ],
)
def test_what_is_no_markdown_stays_as_it_was_written(written):
    assert plain(written) == written


def test_html_has_the_marks_and_escapes_the_rest():
    assert (
        marked_html("**a** < `b&c`\n> d")
        == "<strong>a</strong> &lt; <code>b&amp;c</code><br><blockquote>d</blockquote>"
    )
    assert marked_html('[x](https://a.example/?q="b"&c)') == '<a href="https://a.example/?q=%22b%22&amp;c">x</a>'


@pytest.mark.parametrize("written", ["plain", "a < b", "- one\n- two", "", "  \n"])
def test_there_is_no_html_where_nothing_is_marked(written):
    assert marked_html(written) == ""


def test_a_channel_may_have_marks_of_its_own():
    marks = Marks(strong=("*", "*"), link=lambda title, url: f"<{url}|{title}>", escape=lambda text: text.upper())
    assert write("**a** [b](https://a.example) `c`", marks) == "*A* <https://a.example|B> C"


@given(st.text())
def test_no_word_is_lost(text):
    def said(of):
        return [sign for sign in of if sign.isalnum()]

    assert said(plain(text)) == said(text) or "`" in text or "[" in text or "<" in text


@given(st.text(alphabet="ab *_~`>#-+1.)[](<:\n\\\t가", max_size=80))
def test_any_text_can_be_written(text):
    assert isinstance(plain(text), str)
    assert "<script" not in marked_html(text + "<script>")
