"""The chat on other people's pages: strict hosts, forged tokens, foreign windows, a good guest."""

import gzip
import urllib.request

import pytest
from playwright.sync_api import expect

from conversations.models import Visitor
from tests.browser.steps import until
from tests.browser.widget import begin, bubbles, open_chat, panel, spot, write
from tests.browser.widget import host as host
from tests.browser.widget import shop as shop
from tests.browser.widget import visit as visit
from tests.conversations.webchat import host_token


# ── W1, W2, W12: what a host page lets happen ────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "options",
    [
        {"csp": "default-src 'none'; script-src DESK; frame-src DESK; img-src data:"},
        {
            "csp": "default-src 'none'; style-src 'none'; connect-src 'none'; script-src DESK; frame-src DESK; img-src data:"
        },
        {"csp": "script-src 'nonce-abc' 'strict-dynamic'; frame-src DESK"},
        {"csp": "require-trusted-types-for 'script'; trusted-types 'none'"},
        {"coep": "require-corp"},
        {"hostile": "1"},
        {"times": "2"},
        {"dir": "rtl", "lang": "ar"},
    ],
    ids=["none but ours", "no styles", "nonce", "trusted types", "isolated", "hostile sheet", "included twice", "rtl"],
)
def test_w1_the_chat_opens_on_strict_and_hostile_hosts_without_a_word_on_the_console(visit, page, live_desk, options):
    options = {name: value.replace("DESK", live_desk.url) for name, value in options.items()}
    notes = visit(**options)
    x, y = spot(page)
    page.mouse.click(48 if options.get("dir") == "rtl" else x, y)
    expect(panel(page).locator("#start")).to_be_focused()
    assert len(page.frames) == 2
    assert notes.console == []


def test_w1_the_launcher_is_56_pixels_at_the_bottom_end(visit, page):
    visit()
    inside = "([x, y]) => document.elementFromPoint(x, y)?.id"
    edges = [(1200 - 75, 860 - 48), (1200 - 22, 860 - 48), (1200 - 48, 860 - 75), (1200 - 48, 860 - 22)]
    assert {page.evaluate(inside, list(point)) for point in edges} == {"ieum-widget"}
    outside = [(1200 - 80, 860 - 48), (1200 - 17, 860 - 48), (1200 - 48, 860 - 80), (1200 - 48, 860 - 17)]
    assert "ieum-widget" not in {page.evaluate(inside, list(point)) for point in outside}


def test_w2_a_stranger_costs_one_request_and_a_first_open_four_small_ones(visit, page, host, live_desk):
    notes = visit()
    page.wait_for_load_state("networkidle")
    assert notes.from_desk(host) == [f"{live_desk.url}/w.js"]
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_visible()
    page.wait_for_load_state("networkidle")
    asked = notes.from_desk(host)
    assert len(asked) <= 4
    assert all(url.startswith(live_desk.url) for url in asked)
    assert sum(packed_size(url) for url in asked) <= 20_000


def packed_size(url: str) -> int:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        body = response.read()
        assert response.headers["Content-Encoding"] == "gzip", f"{url} travels unpacked"
    assert gzip.decompress(body)
    return len(body)


def test_w12_a_host_that_forbids_the_frame_gets_a_link_instead(visit, page, live_desk, context):
    page.clock.install()
    visit(csp=f"default-src 'none'; script-src {live_desk.url}; img-src data:")
    page.evaluate("Ieum('open')")
    page.clock.fast_forward(9000)
    with context.expect_page() as opened:
        page.mouse.click(1200 - 100, 860 - 110)
    expect(opened.value.locator("#start")).to_be_visible()
    assert "popout" in opened.value.url


# ── W5, W6: whom to believe ──────────────────────────────────────────────────────────────────────────────────────────
def test_w5_a_token_that_does_not_hold_shows_nothing_of_the_person(visit, page, shop, context):
    token = host_token(shop, "ann")
    visit()
    page.evaluate("token => Ieum('identify', token)", token)
    chat = begin(page)
    write(chat, "Ann's secret")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    for bad in (
        token,
        host_token(shop, "ann", aud="other"),
        host_token(shop, "ann", iat=1, exp=600),
        token[:-3] + "AAA",
    ):
        other = context.browser.new_context().new_page()
        visit(to=other)
        other.evaluate("window.expired = 0; Ieum('on', 'tokenExpired', () => { window.expired += 1 })")
        other.evaluate("token => Ieum('identify', token)", bad)
        theirs = begin(other)
        until(other, lambda page=other: page.evaluate("window.expired") == 1)
        expect(bubbles(theirs)).to_have_count(0)
        other.context.close()


def test_w5_after_a_shutdown_nothing_is_left_for_the_next_person(visit, page, shop):
    visit()
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
    chat = begin(page)
    write(chat, "Ann's secret")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    page.evaluate("Ieum('shutdown')")
    expect(page.locator("iframe")).to_have_count(0)
    assert page.evaluate("Object.values({...localStorage, ...sessionStorage}).join('')") == ""
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ben"))
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_visible()
    expect(bubbles(chat)).to_have_count(0)


def test_w6_words_of_a_foreign_window_are_ignored(visit, page):
    visit()
    chat = begin(page)
    page.evaluate(
        """() => { for (const k of ['unread', 'close', 'visitor', 'box'])
            window.postMessage({ ieum: 1, k, v: 'stolen' }, '*') }"""
    )
    chat.evaluate("window.postMessage({ ieum: 1, k: 'message', v: 'put into your mouth' }, '*')")
    page.wait_for_timeout(300)
    expect(chat.locator("#text")).to_have_value("")
    expect(chat.locator("#text")).to_be_visible()
    assert "stolen" not in page.evaluate("Object.values({...localStorage, ...sessionStorage}).join('')")


def test_w6_a_site_that_is_not_allowed_shows_no_chat(page, host, shop, live_desk):
    shop.config = {"origins": ["https://somebody.else.example"]}
    shop.save()
    page.goto(host.page(channel=shop.token))
    page.evaluate("Ieum('open')")
    page.wait_for_timeout(800)
    assert all(frame.locator("#start").count() == 0 for frame in page.frames)
    page.evaluate(
        """url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame) }""",
        f"{live_desk.url}/w/{shop.token}/?o=https://somebody.else.example",
    )
    page.wait_for_timeout(800)
    assert all(frame.locator("#start").count() == 0 for frame in page.frames)


# ── W7, W11: a good guest ────────────────────────────────────────────────────────────────────────────────────────────
def test_w7_single_page_navigation_keeps_one_launcher_and_tells_the_page(visit, page):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    for number in range(5):
        page.evaluate(f"history.pushState({{}}, '', '/p{number}?channel=shop'); document.title = 'Page {number}'")
    visitor = until(page, lambda: seen_on("/p4"))
    assert visitor.page["url"].endswith("/p4?channel=shop")
    assert page.locator("#ieum-widget").count() == 1


def seen_on(path: str):
    visitor = Visitor.objects.get()
    return visitor if path in visitor.page.get("url", "") else None


def test_w7_the_host_page_may_rest_in_the_back_forward_cache(visit, page):
    page.add_init_script("addEventListener('pageshow', (e) => { window.restored = e.persisted })")
    visit()
    page.click("#next")
    page.go_back()
    reasons = page.evaluate("JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons || null)")
    assert "unload" not in reasons
    assert page.evaluate("window.restored") or "websocket" not in reasons


def test_w11_a_closed_panel_never_takes_a_click_meant_for_the_host(visit, page):
    visit()
    open_chat(page).locator("#start").wait_for()
    page.evaluate("Ieum('close')")
    taken = page.evaluate(
        """() => { const taken = [];
        for (let x = 10; x < innerWidth; x += 40) for (let y = 10; y < innerHeight; y += 40)
          if (document.elementFromPoint(x, y)?.id === 'ieum-widget') taken.push([x, y]);
        return taken }"""
    )
    assert taken
    assert all(x > 1200 - 77 and y > 860 - 77 for x, y in taken)


def test_the_hosts_calls_are_heard_in_any_order(visit, page, host, shop):
    page.add_init_script(
        "if (top === window) { window.Ieum = function () { (Ieum.q = Ieum.q || []).push(arguments) };"
        " window.heard = []; Ieum('on', 'open', () => heard.push('open')); Ieum('message', 'About the lamp: ') }"
    )
    visit()
    chat = panel(page)
    expect(chat.locator("#text")).to_have_value("About the lamp: ")
    assert page.evaluate("window.heard") == ["open"]
    page.evaluate("Ieum('hide')")
    page.evaluate("Ieum('close')")
    assert page.evaluate("document.elementFromPoint(innerWidth - 48, innerHeight - 48)?.id") != "ieum-widget"
    page.evaluate("Ieum('show')")
    assert page.evaluate("document.elementFromPoint(innerWidth - 48, innerHeight - 48)?.id") == "ieum-widget"
