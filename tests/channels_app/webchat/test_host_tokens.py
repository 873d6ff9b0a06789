"""Whom the host site vouches for, and whom it does not."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from channels_app.connectors.webchat import WebChatConnector
from channels_app.contract import Address, Rejected
from channels_app.models import Channel

SECRET = "a secret of the host, of 40 characters!!"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = (
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def connector(**more) -> WebChatConnector:
    fields = {"secrets": {"signing_secrets": [SECRET]}, "config": {}, **more}
    return WebChatConnector(Channel(kind="webchat", token="shop", **fields))


def token(key=SECRET, algorithm="HS256", **claims) -> str:
    now = int(time.time())
    standard = {"sub": "customer-7", "iat": now, "exp": now + 600, "aud": "shop", "jti": "once"}
    named = {name: value for name, value in {**standard, **claims}.items() if value is not None}
    return jwt.encode(named, key, algorithm)


def test_a_signed_token_names_a_person_with_a_proven_address():
    person = connector().person(token(email="Carol@Example.com", name="Carol"))
    assert (person.subject, person.name) == ("customer-7", "Carol")
    assert list(person.proven) == [Address("email", "carol@example.com", is_verified=True)]


def test_an_address_that_the_host_has_not_verified_proves_nothing():
    assert list(connector().person(token(email="carol@example.com", email_verified=False)).proven) == []


@pytest.mark.parametrize(
    "email", ["carol", "carol@example.com, dave@example.com", "<carol@example.com>", "x" * 300 + "@a.example"]
)
def test_what_is_no_address_proves_nothing(email):
    assert list(connector().person(token(email=email)).proven) == []


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 4000},
        {"exp": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3900},
    ],
    ids=["for another widget", "expired", "lives too long", "from the future"],
)
def test_a_token_that_does_not_hold_is_rejected(claims):
    with pytest.raises(Rejected):
        connector().person(token(**claims))


@pytest.mark.parametrize("missing", ["sub", "aud", "exp", "iat"])
def test_a_token_without_a_needed_claim_is_rejected(missing):
    now = int(time.time())
    claims = {"sub": "7", "iat": now, "exp": now + 60, "aud": "shop"}
    del claims[missing]
    with pytest.raises(Rejected):
        connector().person(jwt.encode(claims, SECRET, "HS256"))


def test_a_forged_token_is_rejected():
    with pytest.raises(Rejected):
        connector().person(token(key="another secret of forty characters or so"))


def test_an_unsigned_token_is_rejected():
    with pytest.raises(Rejected):
        connector().person(jwt.encode({"sub": "7", "aud": "shop", "iat": 0, "exp": 2**31}, None, "none"))


@pytest.mark.parametrize("rubbish", ["", "x", "a.b.c", "é" * 50, "x" * 9000])
def test_rubbish_is_rejected(rubbish):
    with pytest.raises(Rejected):
        connector().person(rubbish)


def test_an_older_secret_still_holds_while_it_is_being_changed():
    keys = {"signing_secrets": ["the new secret that has forty characters", SECRET]}
    assert connector(secrets=keys).person(token()).subject == "customer-7"


def test_a_token_signed_with_the_hosts_private_key_holds():
    config = {"public_keys": f"{PUBLIC}\n"}
    person = connector(secrets={}, config=config).person(token(key=PRIVATE, algorithm="RS256"))
    assert person.subject == "customer-7"


def test_both_kinds_of_keys_may_be_in_use_at_once():
    both = connector(config={"public_keys": PUBLIC})
    assert both.person(token(key=PRIVATE, algorithm="RS256")).subject == "customer-7"
    assert both.person(token()).subject == "customer-7"


def test_a_public_key_never_works_as_a_shared_secret():
    header_and_claims = jwt.api_jws.PyJWS().encode(
        b'{"sub":"7","aud":"shop","iat":1,"exp":9999999999}', b"x" * 40, "HS256"
    )
    with pytest.raises(Rejected):
        connector(secrets={}, config={"public_keys": PUBLIC}).person(header_and_claims)


def test_without_any_key_nobody_is_vouched_for():
    with pytest.raises(Rejected):
        connector(secrets={}).person(token())


def test_a_token_without_an_id_can_be_told_from_others():
    first, second = (connector().person(token(jti=None, nonce=n)).token_id for n in (1, 2))
    assert first != second
    assert connector().person(token(jti="a")).token_id == connector().person(token(jti="a", nonce=2)).token_id
