"""Who gets the reply: a table of every case that went wrong elsewhere."""

import pytest

from channels_app.mail.recipients import reply_recipients
from tests.channels_app.mail.letters import parsed, read

OWN = ["help@moments.example", "sales@moments.example"]
CAROL, DAVE, ERIN, HELP, SALES = "carol@x.example", "dave@x.example", "erin@y.example", *OWN

# headers → To, Cc of "reply to all"
TABLE = [
    ({"from_": CAROL, "to": HELP}, [CAROL], []),
    ({"from_": CAROL, "to": f"{HELP}, {DAVE}", "cc": ERIN}, [CAROL], [DAVE, ERIN]),
    ({"from_": CAROL, "to": f"{HELP}, {SALES}"}, [CAROL], []),
    ({"from_": CAROL, "to": "Help+tag123@Moments.example"}, [CAROL], []),
    ({"from_": CAROL, "to": HELP, "reply_to": DAVE}, [DAVE], []),
    ({"from_": CAROL, "to": f"{HELP}, {CAROL}", "cc": f"Carol@X.example, {DAVE}, {DAVE}"}, [CAROL], [DAVE]),
    ({"from_": CAROL, "to": HELP, "reply_to": HELP}, [CAROL], []),
    ({"from_": CAROL, "to": HELP, "reply_to": f"{CAROL}, {DAVE}", "cc": DAVE}, [CAROL, DAVE], []),
    ({"from_": CAROL, "to": "undisclosed-recipients:;"}, [CAROL], []),
    ({"from_": CAROL, "to": HELP, "cc": "MAILER-DAEMON, not an address"}, [CAROL], []),
    ({"from_": HELP, "to": CAROL, "cc": DAVE}, [CAROL], [DAVE]),
    ({"from_": HELP, "to": HELP, "reply_to": CAROL}, [CAROL], []),
    ({"from_": HELP, "to": SALES, "cc": ERIN}, [ERIN], []),
    ({"from_": HELP, "to": SALES}, [], []),
    ({"from_": "", "to": f"{HELP}, {DAVE}"}, [], [DAVE]),
]


@pytest.mark.parametrize(("headers", "to", "cc"), TABLE)
def test_reply_to_all(headers, to, cc):
    found = reply_recipients(parsed(**headers), OWN)
    assert [address.address for address in found.to] == to
    assert [address.address for address in found.cc] == cc


def test_reply_to_one_copies_nobody():
    mail = parsed(from_=CAROL, to=f"{HELP}, {DAVE}", cc=ERIN)
    assert reply_recipients(mail, OWN).cc
    assert reply_recipients(mail, OWN, everyone=False).cc == ()
    assert reply_recipients(mail, OWN, everyone=False).to == reply_recipients(mail, OWN).to


def test_names_are_kept():
    found = reply_recipients(read("gmail_reply"), OWN)
    assert [str(address) for address in (*found.to, *found.cc)] == [
        "Dave Lee <dave@gmail.com>",
        "Erin Park <erin@partner.example>",
        "O'Neil, Pat <pat@partner.example>",
    ]


def test_a_reply_led_to_another_domain_is_pointed_out():
    assert reply_recipients(parsed(from_=CAROL, to=HELP, reply_to=ERIN), OWN).is_diverted
    assert not reply_recipients(parsed(from_=CAROL, to=HELP, reply_to=DAVE), OWN).is_diverted
    assert not reply_recipients(parsed(from_=CAROL, to=HELP), OWN).is_diverted


def test_a_whole_domain_may_be_ours():
    found = reply_recipients(parsed(from_=CAROL, to="anything@moments.example", cc=DAVE), ["@moments.example"])
    assert [address.address for address in found.cc] == [DAVE]
