import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.plain_text import plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Hello** and *welcome*, __you__ and _me_", "Hello and welcome, you and me"),
        ("***both***", "both"),
        ("~~old~~ price", "old price"),
        ("**환불**은 3일 안에 됩니다", "환불은 3일 안에 됩니다"),
        ("Use `snake_case_name` here", "Use snake_case_name here"),
        ("```python\na = **b**\n```\nend", "a = **b**\nend"),
        ("See [the *guide*](https://shop.example/a_b_c)", "See the guide (https://shop.example/a_b_c)"),
        ("[https://shop.example](https://shop.example)", "https://shop.example"),
        ("[Write](mailto:help@shop.example)", "Write (help@shop.example)"),
        ("https://shop.example/_a_/*b*", "https://shop.example/_a_/*b*"),
        ("- one\n* two\n  + three", "• one\n• two\n  • three"),
        (">quoted\n> more", "> quoted\n> more"),
        ("## Title\ntext", "Title\ntext"),
        ("2*3*4 = 24, snake_case_name, 5 * 6", "2*3*4 = 24, snake_case_name, 5 * 6"),
        ("1. first\n2. second", "1. first\n2. second"),
        ("-5 degrees and #1", "-5 degrees and #1"),
    ],
)
def test_marks_go_and_words_stay(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert "".join(filter(str.isalnum, plain(text))) == "".join(filter(str.isalnum, text)) or "`" in text or "[" in text


def test_text_without_marks_is_left_alone() -> None:
    text = "안녕하세요! 주문 번호 2024-11-03 (A_B) 확인 부탁드려요.\n감사합니다."
    assert plain(text) == text
