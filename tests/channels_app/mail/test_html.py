"""HTML of strangers: nothing runs, nothing loads, nothing covers; and its text."""

import time

import pytest

from channels_app.mail.html import clean_html, reveal_images
from channels_app.mail.nesting import DEEPEST
from channels_app.mail.plain import html_to_text, text_to_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    "<iframe src=https://evil.example></iframe>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<form action=https://evil.example><input name=password><button>go</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<p style='background-image:u\\72l(https://evil.example/x)'>x</p>",
    "<p style='color:red;list-style-image:url(https://evil.example/x)'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style='color:red/*;*/;background:url(//evil.example)'>x</p>",
    "<p style='font:12px url(https://evil.example/x)'>x</p>",
    "<table background=https://evil.example/x><tr><td background=https://evil.example/x>x</td></tr></table>",
    "<video src=https://evil.example poster=https://evil.example></video>",
    "<svg><image href=https://evil.example /><script>1</script></svg>",
    "<math><mtext><img src=https://evil.example></mtext></math>",
    "<img srcset='https://evil.example/x 2x' src='//evil.example/y'>",
    "<img data-src=https://evil.example/x>",
    "<p hx-get=/settings hx-trigger=load data-hx-get=/ class=overlay id=main>x</p>",
    "<div style='position:fixed;inset:0;z-index:999;opacity:0'>x</div>",
    "<!--[if gte mso 9]><img src=https://evil.example><![endif]-->",
    "<a href=https://ok.example target=_self ping=https://evil.example>x</a>",
    "<textarea><img src=https://evil.example></textarea>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_of_a_hostile_mail_is_left(html):
    clean = clean_html(f"<p>before</p>{html}").html
    assert "before" in clean
    for trace in (
        "evil",
        "alert",
        "javascript",
        "onerror",
        "hx-",
        "url(",
        "position",
        "class=",
        "id=",
        "<form",
        "<input",
        "ping",
        "srcset",
        "<style",
    ):
        assert trace not in clean.lower()


def test_what_hides_behind_noscript_is_held_back_too():
    html = "<noscript><p title='</noscript><img src=https://t.example onerror=alert(1)>'></noscript>"
    assert clean_html(html).html.startswith('<img data-src="https://t.example">')


def test_what_a_person_wrote_is_left_as_it_was():
    html = (
        '<p dir="auto" style="color:red;font-weight:bold">안녕 <b>b</b> <i>i</i></p>'
        '<ul><li>a</li></ul><blockquote type="cite">q</blockquote>'
    )
    assert clean_html(html).html == html


def test_links_open_elsewhere_and_tell_nothing():
    clean = clean_html('<a href="https://x.example/?a=1&b=2">x</a><a href="mailto:a@b">m</a>').html
    assert clean.count('rel="noopener noreferrer nofollow"') == 2
    assert clean.count('target="_blank"') == 2
    assert 'href="https://x.example/?a=1&amp;b=2"' in clean


def test_remote_pictures_wait_until_the_agent_asks():
    clean = clean_html(
        '<img src="https://t.example/a.png" alt="A > B &quot;c&quot;"><img src=HTTP://t.example/b.png><img src=cid:p@x>'
    )
    assert clean.remote_images == 2
    assert ' src="http' not in clean.html.lower()
    assert 'src="cid:p@x"' in clean.html
    shown = reveal_images(clean.html)
    assert ' src="https://t.example/a.png"' in shown
    assert "data-src" not in shown
    assert reveal_images(shown) == shown


def test_text_that_looks_like_a_held_picture_stays_text():
    clean = clean_html('<p>&lt;img data-src="https://t.example"&gt;</p>').html
    assert reveal_images(clean) == clean


@pytest.mark.parametrize(
    "pixel",
    ["width=1 height=1", 'width="1px"', "height=0", 'style="width:1px;height:1px"', 'style="display:block;height: 0"'],
)
def test_counting_pixels_are_gone_for_good(pixel):
    clean = clean_html(f'<img src="https://t.example/o.gif" {pixel}>x')
    assert (clean.html, clean.remote_images) == ("x", 0)


@pytest.mark.parametrize(
    "size", ["width=100", 'style="width:100%"', 'style="max-width:1px"', 'style="height:1.5em"', "width=10"]
)
def test_small_and_scaled_pictures_are_no_pixels(size):
    assert clean_html(f'<img src="https://t.example/o.gif" {size}>').remote_images == 1


def test_pictures_inside_the_html_may_stay():
    assert "data:image/png;base64,AAAA" in clean_html('<img src="data:image/png;base64,AAAA">').html
    assert "data:" not in clean_html('<img src="data:image/svg+xml;base64,AAAA">').html


def test_a_good_style_survives_beside_a_bad_one():
    assert clean_html('<p style="color:red;background:url(x)">x</p>').html == '<p style="color:red">x</p>'


BOMBS = {
    "deep": "<div>" * 200_000,
    "deep behind closings that close nothing": "<div></p>" * 100_000,
    "deep through tables": "<div><table></div></table>" * 50_000,
    "formatting": "<b><p>" * 50_000,
    "fonts": "".join(f"<font size={number}>" for number in range(50_000)),
    "brackets": "<" * 500_000,
    "open quotes": '<a "' * 100_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(50_000)) + ">x",
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_shapes_cost_no_time(name):
    start = time.process_time()
    clean_html(BOMBS[name])
    html_to_text(BOMBS[name])
    assert time.process_time() - start < 3


def test_text_inside_too_deep_a_nest_is_kept():
    html = "<div>" * (DEEPEST * 3) + "deep" + "</div>" * (DEEPEST * 3) + "<p>after</p>"
    clean = clean_html(html).html
    assert clean.count("<div>") == DEEPEST
    assert "deep" in clean
    assert "<p>after</p>" in clean


def test_sloppy_lists_and_paragraphs_are_not_taken_for_depth():
    assert clean_html("<ul>" + "<li>x" * 1000 + "</ul>").html.count("<li>") == 1000
    assert clean_html("<p>x" * 1000).html.count("<p>") == 1000
    assert clean_html("<table>" + "<tr><td>x" * 1000 + "</table>").html.count("<td>") == 1000


TEXTS = [
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("<div>one</div><div>two</div>", "one\ntwo"),
    ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
    ("<p>Hello&nbsp;there   you\n all</p>", "Hello there you all"),
    ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    ("<blockquote>q1<br>q2<blockquote>deeper</blockquote></blockquote>new", "> q1\n> q2\n>\n> > deeper\n\nnew"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("<pre>  two\n    spaces</pre>", "  two\n    spaces"),
    ("&lt;b&gt; &amp; <i>i</i>", "<b> & i"),
    ('<img alt="A picture">text', "[A picture]text"),
    ("<style>p{}</style><script>x</script><title>t</title>body", "body"),
    ("", ""),
]


@pytest.mark.parametrize(("html", "text"), TEXTS)
def test_html_reads_as_text(html, text):
    assert html_to_text(html).replace("\u00a0", " ") == text


def test_text_becomes_html_that_means_the_same():
    assert text_to_html("a <b>\nc & d") == "<div>a &lt;b&gt;<br>\nc &amp; d</div>"
    assert html_to_text(text_to_html("a <b>\nc & d")) == "a <b>\nc & d"
