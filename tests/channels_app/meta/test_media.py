"""Files at Meta's: whose servers are asked, and what is made of their answers."""

import pytest

from channels_app.connectors.meta import media
from channels_app.contract import PermanentFailure, TemporaryFailure

OWN = "https://graph.facebook.com"


@pytest.mark.parametrize(
    ("url", "is_media"),
    [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", True),
        ("https://scontent.xx.fbcdn.net/v/a.jpg", True),
        ("https://scontent.cdninstagram.com/a.jpg", True),
        ("https://mmg.whatsapp.net/a", True),
        ("https://graph.facebook.com/media/1", True),
        ("http://scontent.xx.fbcdn.net/v/a.jpg", False),
        ("https://evilfbcdn.net/a.jpg", False),
        ("https://fbcdn.net.evil.example/a.jpg", False),
        ("https://www.instagram.com/p/1/", False),
        ("http://graph.facebook.com/media/1", False),
        ("https://graph.facebook.com:8443/media/1", False),
        ("https://[fbcdn.net/a", False),
        ("", False),
    ],
)
def test_only_metas_own_servers_hold_files(url, is_media):
    assert media.is_media(url, beside=OWN) is is_media


def test_a_simulator_beside_our_interface_counts_as_metas():
    assert media.is_media("http://127.0.0.1:8010/cdn/1", beside="http://127.0.0.1:8010/sim/7")
    assert not media.is_media("http://127.0.0.1:8011/cdn/1", beside="http://127.0.0.1:8010/sim/7")


def test_a_file_comes_with_its_bare_type(outside):
    outside.answer(b"abc", content_type="audio/ogg; codecs=opus")
    found = media.fetch("https://cdn.fbsbx.com/a", max_bytes=10, beside=OWN)
    assert (found.content, found.content_type) == (b"abc", "audio/ogg")
    assert (outside.last.headers, outside.last.options["max_bytes"]) == ({}, 10)


def test_the_token_is_shown_to_metas_servers_alone(outside):
    outside.answer(b"abc")
    media.fetch("https://lookaside.fbsbx.com/a", max_bytes=10, beside=OWN, token="EAAG")
    assert outside.last.headers == {"Authorization": "Bearer EAAG"}
    with pytest.raises(PermanentFailure):
        media.fetch("https://evil.example/a", max_bytes=10, beside=OWN, token="EAAG")
    assert len(outside.calls) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_has_run_out_says_nothing_of_the_account(outside, status):
    outside.answer(b"gone", status)
    with pytest.raises(PermanentFailure) as caught:
        media.fetch("https://cdn.fbsbx.com/a", max_bytes=10, beside=OWN)
    assert caught.value.advice == media.EXPIRED


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_later(outside, status):
    outside.answer(b"", status)
    with pytest.raises(TemporaryFailure):
        media.fetch("https://cdn.fbsbx.com/a", max_bytes=10, beside=OWN)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.fbcdn.net/v/bill.pdf?x=1", "bill.pdf"),
        ("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1", "image.jpg"),
        ("https://x.fbcdn.net/..", "image.jpg"),
    ],
)
def test_a_file_is_named_by_its_address_or_by_what_it_is(url, name):
    assert media.file_name(url, "image", "image/jpeg") == name
