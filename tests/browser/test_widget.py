"""The chat on other people's pages, in a real browser: on strict hosts, for strangers and known people, through outages."""

import gzip
import re
import time
import urllib.request

import pytest
from playwright.sync_api import Frame, Page, expect

from channels_app.models import Channel
from conversations.actions import delivery, replies, state
from conversations.models import Conversation, Delivery, Intake, Message, ReadMark, Visitor
from conversations.reach import routes_of
from tests.browser.axe import violations
from tests.browser.host import HostSite
from tests.browser.steps import until
from tests.conversations.webchat import SECRET, host_token

PHONE = {"width": 360, "height": 680}
DESKTOP = {"width": 1200, "height": 860}


@pytest.fixture
def host(live_desk):
    site = HostSite(live_desk.url)
    yield site
    site.close()


@pytest.fixture
def shop(host, support) -> Channel:
    channel = Channel.objects.create(
        kind="webchat", name="Shop", token="shop", config={"origins": [host.url]}, secrets={"signing_secrets": [SECRET]}
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def visit(page: Page, host: HostSite, shop: Channel):
    """Go to a page of the host; returns what its console said and what it asked for."""
    page.set_viewport_size(DESKTOP)

    def go(path: str = "/", to: Page = page, **options: str) -> "Notes":
        notes = Notes(to)
        to.goto(host.page(path, channel=shop.token, **options))
        expect(launcher(to)).to_be_attached()
        return notes

    return go


class Notes:
    """What a page said on its console and which addresses it asked for."""

    def __init__(self, page: Page) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def from_desk(self, host: HostSite) -> list[str]:
        return [url for url in self.requests if not url.startswith((host.url, "data:", "blob:"))]


def launcher(page: Page):
    """The launcher's host element; what is inside is closed to everybody."""
    return page.locator("#ieum-widget")


def spot(page: Page) -> tuple[float, float]:
    """The middle of the launcher."""
    size = page.viewport_size
    return size["width"] - 48, size["height"] - 48


def open_chat(page: Page) -> Frame:
    page.evaluate("Ieum('open')")
    return panel(page)


def panel(page: Page) -> Frame:
    return until(
        page, lambda: next((frame for frame in page.frames if "/w/" in frame.url and frame != page.main_frame), None)
    )


def begin(page: Page) -> Frame:
    """Open the chat and go to the composer."""
    chat = open_chat(page)
    chat.locator("#start").click()
    expect(chat.locator("#text")).to_be_focused()
    return chat


def write(chat: Frame, text: str) -> None:
    chat.locator("#text").fill(text)
    chat.locator("#text").press("Enter")


def bubbles(chat: Frame):
    return chat.locator(".m[data-at] .bub:visible")


def answer(by, text: str) -> Message:
    conversation = Conversation.objects.latest("pk")
    route = next(route for route in routes_of(conversation) if route.channel.kind == "webchat")
    message = replies.reply(conversation, by=by, text=text, route=route)
    delivery.deliver(message.deliveries.get().pk)
    return message


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


# ── Talking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_is_shown_at_once_and_reaches_the_desk(visit, page):
    visit()
    chat = begin(page)
    write(chat, "My parcel has not come <b>yet</b>")
    expect(bubbles(chat)).to_have_text(["My parcel has not come <b>yet</b>"])
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    assert Message.objects.get().text == "My parcel has not come <b>yet</b>"
    assert Message.objects.get().details["page"]["title"] == "/"


def test_the_agent_and_the_visitor_see_each_other_read_and_type(visit, page, bob):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    conversation = Conversation.objects.get()
    ReadMark.objects.create(conversation=conversation, agent=bob, revision=conversation.revision)
    message = answer(bob, "See **this**: https://shop.example.com/a?b=1.")
    expect(bubbles(chat)).to_have_text(["Hello", "See this: https://shop.example.com/a?b=1."])
    expect(chat.locator(".m--us a")).to_have_attribute("href", "https://shop.example.com/a?b=1")
    expect(chat.locator(".m--last .state")).to_have_text("Read")
    until(page, lambda: message.deliveries.get().state == Delivery.State.READ)


def test_a_korean_enter_sends_once_and_a_japanese_enter_only_confirms(visit, page):
    visit()
    chat = begin(page)
    keyboard = page.context.new_cdp_session(page)
    compose(keyboard, "안녕하세", "요")
    expect(bubbles(chat)).to_have_text(["안녕하세요"])
    compose(keyboard, "すみま", "せん")
    expect(chat.locator("#text")).to_have_value("すみません")
    expect(bubbles(chat)).to_have_text(["안녕하세요"])
    until(page, lambda: Message.objects.count() == 1)


def compose(keyboard, before: str, composing: str) -> None:
    """Type with an input method: Enter comes while the last signs are still being composed."""
    keyboard.send("Input.insertText", {"text": before})
    keyboard.send("Input.imeSetComposition", {"text": composing, "selectionStart": 1, "selectionEnd": 1})
    key = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", key)
    keyboard.send("Input.insertText", {"text": composing})


def test_files_are_attached_by_picker_paste_and_drop_and_can_be_taken_back(visit, page):
    visit()
    chat = begin(page)
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 50
    chat.locator("#file").set_input_files(
        [file("photo.png", png), file("order.pdf", b"%PDF-1.4"), file("old.txt", b"x")]
    )
    expect(chat.locator(".chip:not(.busy)")).to_have_count(3)
    chat.locator(".chip", has_text="old.txt").get_by_role("button").click()
    bring = """(name) => { const all = new DataTransfer(); all.items.add(new File(["text"], name, {type: "text/plain"}));
        const paste = name.startsWith("pasted"), target = paste ? document.getElementById("text") : document.body;
        const init = {bubbles: true, cancelable: true};
        target.dispatchEvent(paste ? new ClipboardEvent("paste", {...init, clipboardData: all})
                                   : new DragEvent("drop", {...init, dataTransfer: all})) }"""
    chat.evaluate(bring, "pasted.txt")
    chat.evaluate(bring, "dropped.txt")
    expect(chat.locator(".chip:not(.busy)")).to_have_count(4)
    chat.locator("#send").click()
    expect(chat.locator(".m--me .files li")).to_have_count(4)
    until(page, lambda: Message.objects.count() == 1)
    names = Message.objects.get().attachments.values_list("name", flat=True)
    assert set(names) == {"photo.png", "order.pdf", "pasted.txt", "dropped.txt"}


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_file_that_cannot_be_taken_says_so_where_it_was_added(visit, page):
    visit()
    chat = begin(page)
    chat.locator("#file").set_input_files([file("setup.exe", b"MZ")])
    expect(chat.locator("#trouble")).to_contain_text("setup.exe")
    chat.locator("#file").set_input_files([file("photo.png", b"MZ\x90")])
    expect(chat.locator("#trouble")).to_have_text("This kind of file cannot be taken.")
    expect(chat.locator(".chip")).to_have_count(0)


def test_the_form_before_the_first_message_asks_and_explains(visit, page, shop):
    shop.config |= {
        "ask_email": "required",
        "ask_topic": "required",
        "topics": ["Delivery", "Returns"],
        "consent": "May we?",
    }
    shop.save()
    visit()
    chat = open_chat(page)
    chat.locator("#start").click()
    chat.get_by_role("button", name="Start", exact=True).click()
    expect(chat.locator("#f-email")).to_be_focused()
    expect(chat.locator("#f-email-e")).not_to_be_empty()
    assert violations_in(chat) == []
    chat.locator("#f-email").fill("carol@example.com")
    chat.locator("label", has_text="Returns").click()
    chat.locator("[name=consent]").check()
    chat.get_by_role("button", name="Start", exact=True).click()
    write(chat, "I want to send it back")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    customer = Conversation.objects.get().customer
    assert customer.facts["topic"] == "Returns"
    assert customer.claims.get().value == "carol@example.com"


def test_an_ended_conversation_can_be_taken_up_again(visit, page, bob):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    state.resolve(Conversation.objects.get(), by=bob)
    expect(chat.locator("#ended")).to_be_visible()
    chat.locator("#again").click()
    write(chat, "One more thing")
    expect(bubbles(chat)).to_have_text(["Hello", "One more thing"])
    until(page, lambda: Message.objects.filter(text="One more thing").exists())
    expect(chat.locator("#ended")).to_be_hidden()


# ── W3, W4: storage ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_w3_the_conversation_survives_a_reload(visit, page):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    # The frame itself stores nothing, whether the browser would let it or not.
    assert (
        chat.evaluate("(() => { try { return localStorage.length + sessionStorage.length } catch { return 0 } })()")
        == 0
    )
    page.reload()
    chat = open_chat(page)
    expect(bubbles(chat)).to_have_text(["Hello"])
    expect(chat.locator("#text")).to_be_focused()


def test_w4_it_works_for_the_page_where_the_host_may_store_nothing(visit, page):
    page.add_init_script(
        "if (top === window) for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    notes = visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    assert notes.console == []


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


# ── W8, W9: news and outages ─────────────────────────────────────────────────────────────────────────────────────────
def test_w8_an_answer_to_a_closed_panel_is_counted_on_the_launcher(visit, page, bob):
    visit()
    page.evaluate("window.counts = []; Ieum('on', 'unread', (count) => window.counts.push(count))")
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    chat.locator("#text").press("Escape")
    answer(bob, "Good day")
    began = time.monotonic()
    until(page, lambda: page.evaluate("window.counts.at(-1)") == 1, 5)
    assert time.monotonic() - began < 2
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    assert "Chat, 1 unread" in {node.get("name", {}).get("value") for node in tree}
    chat = open_chat(page)
    expect(bubbles(chat)).to_have_text(["Hello", "Good day"])
    until(page, lambda: page.evaluate("window.counts.at(-1)") == 0)


def test_w8_a_returning_visitor_hears_of_an_answer_before_opening(visit, page, bob):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    page.goto("about:blank")
    answer(bob, "Good day")
    visit()
    page.evaluate("window.counts = []; Ieum('on', 'unread', (count) => window.counts.push(count))")
    until(page, lambda: page.evaluate("window.counts.at(-1)") == 1)


def test_w9_a_server_that_stops_in_mid_chat_costs_no_message_and_doubles_none(visit, page, live_desk, bob):
    visit()
    chat = begin(page)
    write(chat, "Before")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    live_desk.stop()
    for text in ("During one", "During two"):
        write(chat, text)
    expect(chat.locator("#bar")).to_be_visible()
    expect(bubbles(chat)).to_have_text(["Before", "During one", "During two"])
    answer(bob, "Meanwhile")
    live_desk.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(bubbles(chat)).to_have_count(4, timeout=20_000)
    expect(chat.locator("#bar")).to_be_hidden()
    expect(chat.locator(".m--wait")).to_have_count(0, timeout=20_000)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["Before", "During one", "During two", "Meanwhile"]


def test_w9_what_was_written_offline_survives_a_reload_and_is_sent_once(visit, page, context):
    visit()
    chat = begin(page)
    write(chat, "Before")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    context.route("**/messages/**", lambda route: route.abort())
    write(chat, "Kept")
    expect(chat.locator(".m--wait")).to_have_count(1)
    page.reload()
    chat = open_chat(page)
    expect(chat.locator(".m--wait .bub")).to_have_text("Kept")
    context.unroute("**/messages/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(chat.locator(".m--wait")).to_have_count(0, timeout=20_000)
    assert list(Message.objects.order_by("pk").values_list("text", flat=True)) == ["Before", "Kept"]


def test_w9_an_answer_whose_acknowledgement_was_lost_is_not_doubled(visit, page, context):
    visit()
    chat = begin(page)
    lost = []

    def lose_once(route) -> None:
        response = route.fetch()
        if route.request.method == "POST" and not lost:
            lost.append(response.status)
            route.abort()
        else:
            route.fulfill(response=response)

    context.route("**/messages/", lose_once)
    write(chat, "Once")
    expect(chat.locator(".m--last .state")).to_have_text("Sent", timeout=15_000)
    assert lost == [200]
    assert Message.objects.count() == 1
    expect(bubbles(chat)).to_have_text(["Once"])


def test_w9_a_page_that_was_open_for_a_day_goes_on(visit, page, context):
    page.clock.install()
    visit()
    chat = begin(page)
    page.clock.fast_forward(61_000)
    outdated = []

    def refuse_once(route) -> None:
        outdated.append(route.request.url)
        route.fulfill(status=403, json={"error": "ticket"}) if len(outdated) == 1 else route.continue_()

    context.route("**/session/", refuse_once)
    write(chat, "Still here")
    until(page, lambda: Message.objects.filter(text="Still here").count() == 1)
    expect(bubbles(panel(page))).to_have_text(["Still here"])
    assert len(outdated) == 2


def test_w9_it_works_where_sockets_are_blocked(visit, page, bob):
    page.add_init_script("window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.()) } close() {} }")
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    answer(bob, "Good day")
    expect(bubbles(chat)).to_have_text(["Hello", "Good day"], timeout=8000)


# ── W10: everybody ───────────────────────────────────────────────────────────────────────────────────────────────────
def violations_in(chat: Frame) -> list[str]:
    return violations(chat)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko", "ar"])
def test_w10_axe_finds_nothing_on_any_screen(visit, page, shop, bob, scheme, language):
    shop.config |= {"ask_name": "optional", "consent": "May we?", "help": "We send before two."}
    shop.save()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit(lang=language, **{"data-lang": language})
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_visible()
    assert violations_in(chat) == []
    chat.locator("#start").click()
    assert violations_in(chat) == []
    chat.locator("[name=consent]").check()
    chat.locator("#prechat [type=submit]").click()
    expect(chat.locator("#text")).to_be_visible()
    write(chat, "Hello")
    until(page, lambda: Conversation.objects.exists())
    answer(bob, "Good day `code` **bold**")
    expect(bubbles(chat)).to_have_count(2)
    assert violations_in(chat) == []
    state.resolve(Conversation.objects.get(), by=bob)
    expect(chat.locator("#ended")).to_be_visible()
    assert violations_in(chat) == []


def test_w10_escape_closes_and_gives_the_focus_back(visit, page):
    visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat = panel(page)
    expect(chat.locator("#start")).to_be_focused()
    page.keyboard.press("Escape")
    until(page, lambda: page.evaluate("document.activeElement.id") == "ieum-widget")
    expect(chat.locator("#start")).to_be_hidden()


def test_w10_on_a_phone_the_panel_fills_the_screen_and_keeps_the_focus(visit, page):
    page.set_viewport_size(PHONE)
    visit()
    page.set_viewport_size(PHONE)
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_focused()
    assert chat.evaluate("[innerWidth, innerHeight]") == [360, 680]
    for _ in range(12):
        page.keyboard.press("Tab")
        assert chat.evaluate("document.hasFocus() && document.activeElement !== document.body")
    assert chat.evaluate("document.documentElement.scrollWidth") <= 360


def test_w10_targets_are_44_pixels(visit, page):
    visit()
    chat = begin(page)
    small = chat.evaluate(
        """() => [...document.querySelectorAll('button, a, input:not([type=file])')].filter((e) => e.checkVisibility())
        .map((e) => [e.id || e.className, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44)
        .map(([name]) => name)"""
    )
    assert small == []


def test_w10_at_four_times_the_size_nothing_is_out_of_reach(visit, page):
    page.set_viewport_size({"width": 320, "height": 256})
    visit()
    page.set_viewport_size({"width": 320, "height": 256})
    chat = begin(page)
    assert chat.evaluate("document.documentElement.scrollWidth") <= 320
    chat.locator("#text").fill("Hello")
    chat.locator("#send").click()
    until(page, lambda: Message.objects.count() == 1)


def test_w10_reduced_motion_moves_nothing(visit, page):
    page.emulate_media(reduced_motion="reduce")
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(bubbles(chat)).to_have_count(1)
    assert chat.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_w10_right_to_left_puts_everything_on_the_other_side(visit, page):
    visit(dir="rtl", lang="ar")
    chat = begin(page)
    write(chat, "هل تشحنون إلى دبي؟")
    expect(bubbles(chat)).to_have_count(1)
    assert chat.evaluate("document.documentElement.dir") == "rtl"
    box = bubbles(chat).bounding_box()
    frame = page.evaluate("innerWidth")
    assert box["x"] < frame / 2
    assert chat.evaluate("document.documentElement.scrollWidth <= innerWidth")


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
    assert re.match(r"http", page.url)
