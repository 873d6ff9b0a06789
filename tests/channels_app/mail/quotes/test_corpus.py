"""How much of the corpus is folded as a person would fold it."""

from collections import defaultdict

import pytest

from tests.channels_app.mail.quotes.corpus import Case, cases

#: Chinese in two scripts, Japanese, Korean, Thai, Vietnamese, Indonesian, Arabic: with two programs each, 16 styles.
ASIAN_AND_ARABIC = ("ar", "id", "ja", "ko", "th", "vi", "zh_CN", "zh_TW")


def wrong(found: list[Case]) -> list[str]:
    return [f"{case.language} {case.name} ({case.kind}): {case.seen()}" for case in found if not case.is_right()]


def test_corpus_is_large_enough_to_mean_something():
    tuned, held_out = cases("tuned"), cases("held_out")
    assert len(tuned) + len(held_out) >= 390
    assert len(held_out) * 3 >= len(tuned) + len(held_out)
    assert {case.kind for case in tuned + held_out} == {"text", "html"}


def test_every_tuned_case_is_folded_right():
    assert wrong(cases("tuned")) == []


def test_every_held_out_case_is_folded_right():
    assert wrong(cases("held_out")) == []


@pytest.mark.parametrize("language", ASIAN_AND_ARABIC)
def test_every_style_of_an_asian_or_arabic_language_is_folded_right(language: str):
    styles = defaultdict(list)
    for case in cases("tuned") + cases("held_out"):
        if case.language == language:
            styles[case.name, case.kind].append(case.is_right())
    assert len(styles) >= 16
    assert [style for style, results in styles.items() if not all(results)] == []
