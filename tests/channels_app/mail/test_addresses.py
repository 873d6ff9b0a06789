"""Addresses: reading them without being fooled and comparing them."""

import pytest

from channels_app.mail.addresses import is_one_of, normalise, read_addresses, without_tag
from channels_app.mail.model import Defect
from tests.channels_app.mail.letters import parsed

READ = [
    ("carol@x.example", ["carol@x.example"]),
    ("Carol <Carol@X.example>", ["Carol <Carol@X.example>"]),
    ('"Kim, Carol" <c@x.example>', ["Kim, Carol <c@x.example>"]),
    ("Kim, Carol <c@x.example>, dave@y.example", ["Kim, Carol <c@x.example>", "dave@y.example"]),
    ("c@x.example (Carol)", ["Carol <c@x.example>"]),
    ("c@x.example; d@y.example", ["c@x.example", "d@y.example"]),
    ("undisclosed-recipients:;", []),
    ("Team: c@x.example, d@y.example;", ["c@x.example", "d@y.example"]),
    ("=?utf-8?B?7ZmN6ri464+Z?= <h@x.example>", ["홍길동 <h@x.example>"]),
    ('"=?euc-kr?B?yKux5rW/?=" <h@x.example>', ["홍길동 <h@x.example>"]),
    ("홍길동 <h@x.example>".encode("cp949").decode("ascii", "surrogateescape"), ["홍길동 <h@x.example>"]),
    ("'c@x.example' <c@x.example>", ["c@x.example <c@x.example>"]),
    ("<'c@x.example'>", ["c@x.example"]),
    ("Carol<mailto:c@x.example>", ["Carol <c@x.example>"]),
    ("<c@x.example", ["c@x.example"]),
    ("Carol Kim c@x.example", ["Carol Kim <c@x.example>"]),
    ("<>", []),
    ("", []),
    (",,;", []),
    ("MAILER-DAEMON", []),
]


@pytest.mark.parametrize(("written", "found"), READ)
def test_addresses_are_read_as_programs_write_them(written, found):
    assert [str(address) for address in read_addresses([written])] == found


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ('"victim@bank.example" <real@evil.example>', "real@evil.example"),
        ("victim@bank.example <real@evil.example>", "real@evil.example"),
        ("=?utf-8?Q?victim=40bank.example?= <real@evil.example>", "real@evil.example"),
        ("=?utf-8?Q?=3Cvictim=40bank.example=3E=2C?= <real@evil.example>", "real@evil.example"),
        ("(<victim@bank.example>) real@evil.example", "real@evil.example"),
        ("<=?utf-8?Q?victim=40bank.example?=@evil.example>", "=?utf-8?Q?victim=40bank.example?=@evil.example"),
    ],
)
def test_a_name_cannot_pose_as_an_address(written, address):
    assert [found.address for found in read_addresses([written])] == [address]


def test_an_address_hidden_in_an_encoded_word_is_read_and_marked():
    mail = parsed(from_="=?utf-8?Q?Carol_=3Ccarol=40x.example=3E?=")
    assert mail.from_.address == "carol@x.example"
    assert mail.defects == (Defect.HIDDEN_SENDER,)


def test_thousands_of_recipients_are_read():
    many = ", ".join(f"Person {number} <p{number}@x.example>" for number in range(5000))
    assert len(read_addresses([many])) == 2000


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        (" Carol.Kim+Shop@X.Example ", "carol.kim+shop@x.example"),
        ("c@x.example.", "c@x.example"),
        ("c@MÜNCHEN.example", "c@xn--mnchen-3ya.example"),
        ("사람@한국.example", "사람@xn--3e0b707e.example"),
        ("c@[192.0.2.1]", "c@[192.0.2.1]"),
        ("no address", ""),
        ("@x.example", ""),
        ("a b@x.example", ""),
        ("a@x\n.example", ""),
    ],
)
def test_addresses_are_compared_in_one_form(address, normal):
    assert normalise(address) == normal


def test_dots_and_tags_of_customers_are_kept_and_ours_ignored():
    assert normalise("c.a.rol+x@gmail.example") != normalise("carol@gmail.example")
    assert without_tag("support+abc@x.example") == "support@x.example"
    assert is_one_of("Support+abc@X.example", ["support@x.example"])
    assert is_one_of("anyone@x.example", ["@x.example"])
    assert not is_one_of("anyone@y.example", ["@x.example", "support@x.example"])
    assert not is_one_of("", [""])


def test_a_quoted_name_without_an_address_does_not_run_into_the_next():
    assert [str(found) for found in read_addresses(['"Nobody", c@x.example'])] == ["c@x.example"]
    assert [str(found) for found in read_addresses(['a b c d e f g h (x), "" <c@x.example>'])][-1].endswith(
        "<c@x.example>"
    )
