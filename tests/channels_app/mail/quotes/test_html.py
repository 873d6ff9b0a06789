"""What stays visible of an HTML body, and that its markup survives."""

from channels_app.mail.quotes import fold_html

ATTRIBUTION = "On Mon, Mar 2, 2026 at 10:05 AM Kelp &lt;nori@kelp.example&gt; wrote:"
QUOTE = (
    f'<div class="gmail_quote"><div class="gmail_attr">{ATTRIBUTION}<br></div><blockquote>Tuesday?</blockquote></div>'
)


def test_markup_without_quotes_is_given_back_as_it_is():
    html = "<p CLASS=x>Hello<br>you<table><tr><td>1"
    folded = fold_html(html)
    assert (folded.visible, folded.quoted, folded.text) == (html, "", "Hello\nyou\n1")


def test_each_part_keeps_the_elements_around_it():
    folded = fold_html(f'<div style="color:red"><b>Yes.</b> Sure.{QUOTE}</div>')
    assert folded.visible == '<div style="color:red"><b>Yes.</b> Sure.</div>'
    assert folded.quoted.startswith('<div style="color:red"><div class="gmail_quote">')
    assert folded.quoted.endswith("<blockquote>Tuesday?</blockquote></div></div>")


def test_both_parts_keep_the_style_sheet():
    folded = fold_html(f"<html><head><style>p {{margin:0}}</style></head><body><p>Yes.</p>{QUOTE}</body></html>")
    assert folded.visible == "<style>p {margin:0}</style><p>Yes.</p>"
    assert folded.quoted.startswith("<style>p {margin:0}</style><div")


def test_both_parts_come_as_text_too():
    folded = fold_html(f"<p>Yes &amp; no.</p>{QUOTE}")
    assert folded.text == "Yes & no."
    assert folded.quoted_text == "On Mon, Mar 2, 2026 at 10:05 AM Kelp <nori@kelp.example> wrote:\n> Tuesday?"


def test_text_of_preformatted_markup_keeps_its_columns():
    assert fold_html("<pre>a   1\n  b 2</pre><p>c   3</p>").text == "a   1\n  b 2\nc 3"


def test_text_keeps_its_direction_marks():
    assert fold_html("<p>\u200f2\u200f/3</p>").text == "\u200f2\u200f/3"


def test_text_is_escaped_when_it_is_written_back():
    folded = fold_html(f'<p title="a&quot;b">1 &lt; 2 &amp;amp; 3</p>{QUOTE}')
    assert folded.visible == '<p title="a&quot;b">1 &lt; 2 &amp;amp; 3</p>'


def test_a_picture_is_an_answer():
    folded = fold_html(f'<div><img src="cid:1" width="500"></div>{QUOTE}')
    assert folded.visible == '<div><img src="cid:1" width="500"></div>'
    assert folded.quoted


def test_a_counting_dot_is_no_answer():
    html = f'<div><img src="https://t.example/o.gif" width="1" height="1"></div>{QUOTE}'
    assert fold_html(html).visible == html


def test_text_below_the_quoting_container_is_the_writer_s():
    folded = fold_html(f"{QUOTE}<p>Yes, Tuesday.</p>")
    assert folded.visible == "<p>Yes, Tuesday.</p>"


def test_a_forward_ends_with_its_container():
    forward = '<div class="gmail_quote">---------- Forwarded message ---------<br>From: Kelp<br>Tuesday?</div>'
    folded = fold_html(f"<p>See:</p>{forward}<p>Is that right?</p>")
    assert folded.text == "See:\nIs that right?"


def test_texts_do_not_grow_together_where_a_quote_stood_between():
    folded = fold_html("<div>Hello<blockquote type=cite>Which size?</blockquote>M</div>")
    assert folded.text == "Hello\n> Which size?\nM"
    long = "<br>".join(["a line of a long letter"] * 20)
    assert fold_html(f"<div>Hello<blockquote type=cite>{long}</blockquote>M</div>").visible == "<div>Hello<br>M</div>"


def test_an_indented_paragraph_is_no_quote():
    html = '<p>Mine:</p><blockquote style="margin:0 0 0 40px;border:none">two lamps</blockquote>'
    assert fold_html(html).visible == html


def test_a_signature_element_is_folded():
    folded = fold_html('<p>Yes.</p><div class="gmail_signature"><p>Dana</p><p>Roth Design</p></div>')
    assert folded.text == "Yes."
    assert folded.signature == '<div class="gmail_signature"><p>Dana</p><p>Roth Design</p></div>'


def test_an_answer_typed_into_a_signature_element_is_shown():
    html = '<p>Yes.</p><div class="gmail_signature">Dana<br>By the way, when will it come?</div>'
    assert fold_html(html).visible == html


def test_an_outlook_header_box_is_known_in_any_language():
    box = '<div id="divRplyFwdMsg"><b>Frá:</b> Kelp &lt;nori@kelp.example&gt;<br><b>Sent:</b> mán.<br><b>Efni:</b> 8812</div>'
    assert fold_html(f"<p>Já.</p>{box}<p>Tuesday?</p>").text == "Já."


def test_scripts_and_comments_hold_no_text():
    folded = fold_html(f"<!-- originalMessage --><script>var from = 1</script><p>Yes.</p>{QUOTE}")
    assert folded.text == "Yes."


def test_invisible_surrogates_do_not_break_anything():
    assert "Yes" in fold_html(f"<p>Yes \ud83d</p>{QUOTE}").visible


def test_a_body_of_nothing_stays_nothing():
    assert fold_html("").visible == ""
    assert fold_html("<html><body></body></html>").text == ""


def test_markup_too_deep_to_parse_is_shown_whole_and_keeps_its_words():
    html = "<div>" * 5000 + "Yes &amp; no." + QUOTE
    folded = fold_html(html)
    assert (folded.visible, folded.quoted) == (html, "")
    assert folded.text.startswith("Yes & no.\nOn Mon")
