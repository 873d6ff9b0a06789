"""What an agent writes with light Markdown, as text and as HTML."""

from channels_app.connectors.email.markdown import plain, render

WRITTEN = (
    "Hi **Carol**\nsee [the page](https://a.example/x)\n\n- one\n- two\n\n<b onclick=x>raw</b> 2*3*4 snake_case_name"
)


def test_the_html_part_shows_the_marks():
    html = render(WRITTEN)
    assert "<strong>Carol</strong><br>" in html
    assert 'href="https://a.example/x"' in html
    assert html.count("<li>") == 2


def test_raw_html_and_scripts_stay_text():
    assert "<b onclick" not in render(WRITTEN)
    assert "javascript:" not in render("[x](javascript:alert(1))").replace("(javascript:alert(1))", "")
    assert "<img" not in render("![x](https://t.example/p.png)")


def test_the_text_part_reads_without_them_and_keeps_addresses():
    assert plain(WRITTEN).startswith("Hi Carol\nsee the page (https://a.example/x)\n\n- one\n- two")
    assert "snake_case_name" in plain(WRITTEN)
    assert "2*3*4" in plain(WRITTEN)
