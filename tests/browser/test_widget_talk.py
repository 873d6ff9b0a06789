"""The chat in use: written, answered, attached, stored, through outages."""

import time

from playwright.sync_api import expect

from conversations.actions import state
from conversations.models import Conversation, Delivery, Message, ReadMark
from tests.browser.axe import violations
from tests.browser.steps import until
from tests.browser.widget import answer, begin, bubbles, open_chat, panel, write
from tests.browser.widget import host as host
from tests.browser.widget import shop as shop
from tests.browser.widget import visit as visit


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
    assert violations(chat) == []
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
    chat.evaluate("window.dispatchEvent(new Event('online'))")
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
    chat.evaluate("window.dispatchEvent(new Event('online'))")
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
