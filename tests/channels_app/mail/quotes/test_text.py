"""What stays visible of a plain text, and why."""

import pytest

from channels_app.mail.quotes import Folded, fold_text
from channels_app.mail.quotes.languages import LANGUAGES

ATTRIBUTION = "On Mon, Mar 2, 2026 at 10:05 AM Kelp <nori@kelp.example> wrote:"
HEADERS = "From: Kelp <nori@kelp.example>\nSent: Monday, March 2, 2026 10:05 AM\nTo: Dana\nSubject: 8812"


def test_a_text_without_quotes_is_given_back_as_it_is():
    assert fold_text("  Hello,\n\nwhere is it?\n\n") == Folded(visible="  Hello,\n\nwhere is it?\n\n")


def test_an_empty_text_stays_empty():
    assert fold_text("") == Folded(visible="")


def test_quote_and_attribution_are_folded_together():
    folded = fold_text(f"Yes.\n\n{ATTRIBUTION}\n\n> Tuesday?\n")
    assert folded == Folded(visible="Yes.", quoted=f"{ATTRIBUTION}\n\n> Tuesday?")


def test_signature_is_part_of_what_is_folded():
    folded = fold_text(f"Yes.\n\n-- \nDana\n\n{ATTRIBUTION}\n> Tuesday?")
    assert folded.visible == "Yes."
    assert folded.signature == "-- \nDana"
    assert folded.quoted.startswith("-- \nDana")
    assert folded.quoted.endswith("> Tuesday?")


def test_everything_is_visible_where_nothing_new_was_written():
    mail = f"{ATTRIBUTION}\n> Tuesday?\n"
    assert fold_text(mail) == Folded(visible=mail)


def test_everything_is_visible_where_only_a_signature_would_be_left():
    mail = f"-- \nDana\n\n{ATTRIBUTION}\n> Tuesday?\n"
    assert fold_text(mail) == Folded(visible=mail)


def test_answers_between_quoted_lines_keep_the_lines_they_answer():
    folded = fold_text(f"{ATTRIBUTION}\n> Which size?\nM.\n> Which colour?\nBlack.\n> Bye\n> Kelp")
    assert folded.visible == f"{ATTRIBUTION}\n> Which size?\nM.\n> Which colour?\nBlack."
    assert folded.quoted == "> Bye\n> Kelp"


def test_an_answer_below_the_whole_quote_stays_alone():
    folded = fold_text(f"{ATTRIBUTION}\n> Hello,\n> which size?\n\nM.\n")
    assert (folded.visible, folded.quoted) == ("M.", f"{ATTRIBUTION}\n> Hello,\n> which size?")


def test_a_long_quote_above_a_single_answer_is_folded_though_a_greeting_stands_above():
    quote = "\n".join(f"> line {number} of a long letter" for number in range(40))
    assert fold_text(f"Hi,\n\n{ATTRIBUTION}\n{quote}\n\nM.\n").visible == "Hi,\n\nM."


def test_a_footer_below_the_quote_is_no_answer():
    folded = fold_text(f"Yes.\n\n{ATTRIBUTION}\n> Tuesday?\n\nSent from my iPhone")
    assert (folded.visible, folded.signature) == ("Yes.", "Sent from my iPhone")


@pytest.mark.parametrize("rule", ["_" * 32, "-" * 20])
def test_a_line_drawn_above_a_header_block_goes_with_it(rule: str):
    assert fold_text(f"Yes.\n\n{rule}\n{HEADERS}\n\nTuesday?").visible == "Yes."


def test_a_drawn_line_alone_folds_nothing():
    mail = f"One.\n{'_' * 32}\nTwo."
    assert fold_text(mail).visible == mail


def test_header_labels_need_a_sender_a_date_and_a_subject():
    for missing in range(4):
        labels = [line for number, line in enumerate(HEADERS.splitlines()) if number != missing]
        folded = fold_text("Yes.\n\n" + "\n".join(labels) + "\n\nTuesday?")
        assert bool(folded.quoted) is (missing == 2), labels


def test_the_writer_who_says_so_answers_inside_the_quote():
    folded = fold_text(f"See my answers inline below.\n\n{HEADERS}\n\nTuesday? Yes.")
    assert folded.quoted == ""


def test_an_attribution_may_take_four_lines_and_no_more():
    words = ["On Mon, Mar 2, 2026", "at 10:05 AM", "Kelp", "<nori@kelp.example> wrote:"]
    four = "\n".join(words)
    assert fold_text(f"Yes.\n\n{four}\n> Tuesday?").visible == "Yes."
    five = "\n".join(["On Mon,", "Mar 2, 2026", *words[1:]])
    assert fold_text(f"Yes.\n\n{five}\n> Tuesday?").visible != "Yes."


def test_unmarked_text_below_a_sentence_like_an_attribution_stays():
    mail = "On 2 March 2026 at 10:05 your colleague wrote:\nyou get it tomorrow.\nI did not."
    assert fold_text(mail).visible == mail


def test_unmarked_text_below_a_program_s_attribution_is_folded():
    assert fold_text(f"Yes.\n\n{ATTRIBUTION}\n\nTuesday?\nKelp").visible == "Yes."


def test_windows_line_ends_are_kept():
    folded = fold_text(f"Yes.\r\nAnd no.\r\n\r\n{ATTRIBUTION}\r\n> Tuesday?\r\n")
    assert folded.visible == "Yes.\r\nAnd no."


def test_a_contact_block_is_a_signature_only_below_a_closing():
    block = "Peter Holt\n+44 20 7946 0991\npeter@holt.example"
    assert fold_text(f"Send it please.\n\nBest regards,\n{block}").signature == block
    assert fold_text(f"Send it to:\n\n{block}").signature == ""


def test_a_signature_that_asks_something_is_shown():
    mail = "The lamp is broken.\n\n--\nDana, and where is my refund?"
    assert fold_text(mail).visible == mail


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_label_of_every_language_makes_a_header_block(language):
    for sender in language.sender:
        for date, subject in zip(language.date, language.subject * 20, strict=False):
            block = f"{sender}: Kelp <nori@kelp.example>\n{date}: 2026-03-02 10:05\n{language.recipient[0]}: Dana"
            folded = fold_text(f"OK 1.\n\n{block}\n{subject}: 8812\n\nOK 2?")
            assert folded.visible == "OK 1.", (sender, date, subject)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_separator_of_every_language_folds(language):
    for phrase in language.original + language.forwarded:
        assert fold_text(f"OK 1.\n\n----- {phrase.title()} -----\nOK 2?").visible == "OK 1.", phrase


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_mobile_footer_of_every_language_is_folded(language):
    for template in language.mobile:
        footer = template.format("iPhone")
        assert fold_text(f"OK 1.\n\n{footer}").signature == footer, template


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_a_verb_of_every_language_makes_an_attribution(language):
    for verb in language.wrote:
        line = f"2026-03-02 10:05 Kelp <nori@kelp.example> {verb}:"
        assert fold_text(f"OK 1.\n\n{line}\nOK 2?").visible == "OK 1.", verb


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_tables_hold_lower_case_words_once(language):
    for field in (
        "wrote",
        "leads",
        "sender",
        "recipient",
        "copy",
        "date",
        "subject",
        "original",
        "forwarded",
        "mobile",
    ):
        words = getattr(language, field)
        assert len(set(words)) == len(words), field
        assert [word for word in words if word != word.lower().strip() or not word] == [], field
