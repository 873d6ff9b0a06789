"""From is believed only on the word of a server of ours."""

import pytest

from channels_app.mail.authentication import authentication, read_results
from channels_app.mail.headers import Headers
from tests.channels_app.mail.letters import read

OURS = {"mx.moments.example"}
PASS = "mx.moments.example; dmarc=pass header.from=naver.example"


def verdict(*results: str, sender: str = "Carol <carol@naver.example>", trusted=OURS, senders: tuple[str, ...] = ()):
    pairs = [("Authentication-Results", result) for result in results]
    return authentication(Headers([*pairs, *(("From", value) for value in (sender, *senders))]), trusted)


BELIEVED = [
    PASS,
    "MX.Moments.example 1; spf=none; dkim=none; dmarc=pass (p=REJECT; sp=x) header.from=naver.example",
    "mx.moments.example; dkim=pass header.d=naver.example header.s=s1",
    'mx.moments.example; dkim=pass (2048-bit; "quoted; semicolon") header.i=@naver.example',
    "mx.moments.example; dkim=fail header.d=other.example; dkim=pass header.d=naver.example",
    "mx.moments.example;\r\n\tdmarc=pass\r\n\theader.from=naver.example",
]


@pytest.mark.parametrize("result", BELIEVED)
def test_a_pass_of_our_own_server_is_believed(result):
    assert verdict(result).from_verified


DOUBTED = [
    "mx.evil.example; dmarc=pass header.from=naver.example",
    "mx.moments.example; dmarc=fail header.from=naver.example",
    "mx.moments.example; dmarc=pass header.from=evil.example",
    "mx.moments.example; spf=pass smtp.mailfrom=naver.example",
    "mx.moments.example; dkim=pass header.d=evil.example",
    "mx.moments.example; dkim=pass header.d=shop.naver.example.evil.example",
    "mx.moments.example; dkim=pass header.d=example",
    "mx.moments.example; dkim=pass header.d=user.naver.example",
    "mx.moments.example; dkim=pass",
    "mx.moments.example; none",
    "mx.moments.example",
    "",
    'mx.moments.example; spf=fail reason="dmarc=pass; dmarc=pass header.from=naver.example"',
    "mx.moments.example; spf=fail (; dmarc=pass header.from=naver.example)",
]


@pytest.mark.parametrize("result", DOUBTED)
def test_anything_less_is_not(result):
    assert not verdict(result).from_verified


def test_only_the_topmost_header_counts():
    failed = "mx.moments.example; dmarc=fail header.from=naver.example"
    assert verdict(failed, PASS) == verdict(failed)
    assert not verdict(failed, PASS).from_verified
    assert not verdict("mx.evil.example; dmarc=fail", PASS).from_verified
    forged = authentication(read("forged_authentication").headers, OURS)
    assert (forged.dmarc, forged.from_verified) == ("fail", False)


def test_a_forged_header_below_adds_no_method_the_server_did_not_state():
    found = verdict("mx.moments.example; spf=pass smtp.mailfrom=evil.example", "mx.other.example; x=y", PASS)
    assert (found.dmarc, found.from_verified) == ("", False)


def test_a_sender_that_is_ambiguous_is_never_verified():
    assert verdict(PASS).from_verified
    assert not verdict(PASS, senders=("boss@naver.example",)).from_verified
    assert not verdict(PASS, sender="a@naver.example, b@naver.example").from_verified
    assert not verdict(PASS, sender="<a@naver.example> <b@evil.example>").from_verified
    assert not verdict(PASS, sender="").from_verified


def test_a_signature_of_the_domain_above_vouches():
    assert verdict("mx.moments.example; dkim=pass header.d=naver.example", sender="c@mail.naver.example").from_verified


def test_without_trusted_servers_nothing_is_said():
    assert verdict(PASS, trusted=()) == authentication(Headers([]), OURS)
    assert not verdict(PASS, trusted=()).from_verified


def test_a_header_without_a_server_counts_only_where_that_is_trusted():
    microsoft = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=naver.example; dkim=pass (ok) header.d=naver.example;"
        "dmarc=pass action=none header.from=naver.example;compauth=pass reason=100"
    )
    assert verdict(microsoft, trusted={""}).from_verified
    assert not verdict(microsoft).from_verified


def test_results_are_told_one_by_one():
    found = authentication(read("gmail_reply").headers, OURS)
    assert (found.dmarc, found.dkim, found.spf, found.from_verified, found.server) == (
        "pass",
        "pass",
        "pass",
        True,
        "mx.moments.example",
    )


def test_nonsense_is_read_as_nothing():
    for raw in (";;;;", "=", "x" * 9000, "(((((", '"""";', "a; b; c=; =d; dkim = = pass"):
        server, results = read_results(raw)
        assert isinstance(server, str)
        assert all(result.method for result in results)
