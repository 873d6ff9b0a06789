import pytest

from channels_app.connectors.opt_out import START, STOP, consent_in


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop.",
        " Stop ",
        "Unsubscribe",
        "수신거부",
        "수신 거부!",
        "配信停止",
        "ＳＴＯＰ",
        "ARRÊT",
        "“TD”",
        "Opt-out",
    ],
)
def test_a_word_of_refusal_is_understood_in_many_languages(text: str) -> None:
    assert consent_in(text) is False


@pytest.mark.parametrize("text", ["start", "UNSTOP", "수신 동의", "수신거부 해제", "配信再開"])
def test_a_word_of_return_is_understood(text: str) -> None:
    assert consent_in(text) is True


@pytest.mark.parametrize(
    "text", ["", "Please stop the order", "수신거부는 어떻게 하나요?", "yes", "bus stop", "end of story", "stop " * 40]
)
def test_ordinary_talk_says_nothing_of_consent(text: str) -> None:
    assert consent_in(text, by_carrier=True) is None


def test_cancel_is_a_refusal_to_carriers_alone() -> None:
    assert consent_in("CANCEL") is None
    assert consent_in("CANCEL", by_carrier=True) is False


def test_no_word_means_both() -> None:
    assert not STOP & START
