"""The doors to the host's page: loader, frame, and the form without JavaScript."""

import gzip
import re
import uuid

import pytest
from django.core.cache import cache
from django.test import Client

from channels_app.models import Channel
from conversations.models import Conversation, Message
from customers.models import IdentityClaim
from tests.conversations.webchat import ORIGIN, Panel


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def frame(channel: Channel, origin: str = ORIGIN, **query):
    return Client().get(f"/w/{channel.token}/", {"o": origin, "lang": "ko", **query})


def directives(response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, _space, values in parts}


def test_the_loader_stays_small_and_may_be_used_by_isolated_pages():
    response = Client().get("/w.js", headers={"Accept-Encoding": "gzip"})
    assert len(response.content) < 3 * 1000
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age" in response["Cache-Control"]
    script = gzip.decompress(response.content).decode()
    assert "채팅, 안 읽은 메시지" in script
    assert "__TEXTS__" not in script
    assert Client().get("/w.js").content.decode() == script


def test_the_loader_uses_nothing_that_a_strict_page_forbids():
    script = Client().get("/w.js").content.decode()
    assert not re.search(r"innerHTML|eval\(|new Function|document\.write|setAttribute\(.style|unload", script)
    assert not re.search(r"https?://(?!www\.w3\.org)", script)


def test_an_allowed_site_may_frame_the_panel_and_no_other(shop):
    response = frame(shop)
    assert response.status_code == 200
    assert directives(response)["frame-ancestors"] == ORIGIN
    assert "X-Frame-Options" not in response
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null", ORIGIN + "; script-src *", ORIGIN + "/"])
def test_a_site_that_is_not_allowed_gets_no_panel(shop, origin):
    response = frame(shop, origin)
    assert response.status_code == 403
    assert b"<script" not in response.content


def test_the_panels_own_policy_allows_no_inline_script_and_no_inline_style(shop):
    response = frame(shop)
    policy = directives(response)
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    html = response.content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)


def test_alone_in_a_window_nobody_may_frame_it(shop):
    response = Client().get(f"/w/{shop.token}/", {"popout": ""})
    assert response.status_code == 200
    assert directives(response)["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"


def test_the_panel_says_nothing_of_anybody(shop):
    """It may be cached by the browser: it has no visitor in it yet."""
    assert frame(shop).cookies == {}
    assert b"session" not in frame(shop).content


@pytest.mark.parametrize(
    ("asked", "lang", "direction"),
    [("ko", "ko", "ltr"), ("en-gb", "en", "ltr"), ("ar", "en", "rtl"), ("xx", "en", "ltr"), ("<b>", "en", "ltr")],
)
def test_the_panel_speaks_the_language_of_the_page(shop, asked, lang, direction):
    html = frame(shop, lang=asked).content.decode()
    assert f'<html lang="{lang}" dir="{direction}"' in html
    assert ("대화 시작하기" in html) is (lang == "ko")


def test_what_the_admin_wrote_is_shown_as_text(shop):
    shop.config |= {"greeting": "<img src=x onerror=alert(1)>", "brand": '"><script>'}
    shop.save()
    html = frame(shop).content.decode()
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_a_switched_off_widget_is_gone(shop):
    Channel.objects.update(is_enabled=False)
    assert frame(shop).status_code == 404


# ── Without JavaScript ───────────────────────────────────────────────────────────────────────────────────────────────
def write(shop, place="1.1.1.1", **more):
    fields = {
        "name": "Carol",
        "email": "carol@example.com",
        "text": "Hello",
        "client_id": str(uuid.uuid4()),
        "website": "",
    }
    headers = {"X-Forwarded-For": f"made-up, {place}"}
    return Client(enforce_csrf_checks=True).post(f"/w/{shop.token}/contact/", fields | more, headers=headers)


def test_the_form_starts_a_conversation_with_the_address_as_a_claim(shop):
    page = Client().get(f"/w/{shop.token}/contact/").content.decode()
    assert "<script" not in page
    assert write(shop).status_code == 200
    conversation = Conversation.objects.get()
    assert (conversation.messages.get().text, conversation.customer.name) == ("Hello", "Carol")
    assert IdentityClaim.objects.get().value == "carol@example.com"


def test_the_form_sent_twice_is_one_message(shop):
    once = str(uuid.uuid4())
    write(shop, client_id=once)
    write(shop, client_id=once)
    assert Message.objects.count() == 1


def test_the_form_keeps_what_was_written_when_something_is_missing(shop):
    response = write(shop, email="carol", text="My long story")
    assert response.status_code == 422
    assert "My long story" in response.content.decode()
    assert Message.objects.count() == 0


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(shop):
    assert write(shop, website="https://spam.example").status_code == 200
    assert Message.objects.count() == 0


def test_a_form_cannot_speak_as_a_visitor_of_the_chat(shop):
    panel = Panel(shop)
    key = panel.enter()["person"]
    write(shop, client_id=str(uuid.UUID(key)))
    assert Message.objects.count() == 0


def test_a_flood_of_forms_is_stopped(shop):
    codes = [write(shop).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_behind_a_proxy_one_flood_does_not_stop_the_others(shop, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert [write(shop, place="9.9.9.9").status_code for _ in range(11)][-1] == 429
    assert write(shop, place="8.8.8.8").status_code == 200
