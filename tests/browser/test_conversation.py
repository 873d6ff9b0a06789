"""The open conversation in a real browser: what arrives, what is sent, what is kept when the line is down."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext, CDPSession, Page, Route, expect

from agents.models import User
from channels_app.contract import Address, InboundMessage
from conversations.actions import receiving, replies
from conversations.actions.change import announce
from conversations.models import Conversation, Delivery, Draft, Message, SavedReply
from conversations.reach import routes_of
from tests.browser.axe import violations
from tests.conftest import PASSWORD
from tests.processes import eventually


@pytest.fixture
def talk(write) -> Conversation:
    return write("My parcel has not come").conversation


def show(page: Page, conversation: Conversation) -> Page:
    page.goto(f"/conversations/{conversation.pk}/")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    return page


def last(page: Page):
    return page.locator("#messages > .m").last


def sent(text: str) -> list[Message]:
    return list(Message.objects.filter(kind=Message.Kind.OUTBOUND, text=text))


# ── What arrives ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_arrives_by_itself_and_leaves_the_composer_alone(desk, talk, write):
    show(desk, talk)
    area = desk.locator("#reply")
    area.press_sequentially("half a sent")
    area.evaluate("area => { area.setSelectionRange(2, 4); window.area = area }")
    write("Any news?")
    expect(last(desk)).to_contain_text("Any news?")
    assert area.evaluate("area => [area.value, area.selectionStart, area.selectionEnd, area === window.area]") == [
        "half a sent",
        2,
        4,
        True,
    ]
    expect(area).to_be_focused()
    desk.keyboard.press("Control+z")
    expect(area).not_to_have_value("half a sent")


def test_who_reads_further_up_keeps_their_place(desk, talk, write):
    for number in range(30):
        write(f"line {number}")
    show(desk, talk)
    desk.locator("#scroller").evaluate("element => { element.scrollTop = 40 }")
    expect(desk.locator("#jump")).to_be_visible()
    before = desk.locator("#scroller").evaluate("element => element.scrollTop")
    write("down here")
    expect(desk.locator("#jump")).to_have_text("↓ 1 new message")
    assert desk.locator("#scroller").evaluate("element => element.scrollTop") == before
    desk.locator("#jump").click()
    expect(last(desk)).to_be_in_viewport()
    expect(desk.locator("#jump")).to_be_hidden()


def test_what_came_during_an_outage_is_there_once_and_in_order(desk, talk, write, live_desk):
    show(desk, talk)
    desk.locator("#reply").press_sequentially("a draft")
    live_desk.stop()
    for number in range(3):
        write(f"while you were away {number}")
    expect(desk.locator("#conversation [data-netbar]")).to_be_visible()
    live_desk.start()
    expect(desk.locator("#messages .m")).to_have_count(4, timeout=20_000)
    texts = desk.locator("#messages .m .bub").all_inner_texts()
    assert texts[1:] == [f"while you were away {number}" for number in range(3)]
    expect(desk.locator("#reply")).to_have_value("a draft")


def test_a_conversation_opened_once_more_still_hears_what_arrives(desk, talk, write):
    show(desk, talk)
    desk.locator(f"#row-{talk.pk} a.row").click()
    with desk.expect_response("**/pane/**"):
        desk.locator(f"#row-{talk.pk} a.row").click()
    desk.wait_for_timeout(500)
    write("Any news?")
    expect(last(desk)).to_contain_text("Any news?")


def test_what_arrives_while_a_pane_is_on_its_way_stands_in_it(desk, talk, write):
    other = write("Do you ship abroad?", "dave").conversation
    show(desk, talk)
    desk.locator(f"#row-{other.pk} a.row").click()
    expect(last(desk)).to_contain_text("Do you ship abroad?")

    def outdated(route: Route) -> None:
        answer = route.fetch()
        write("Any news?")
        desk.wait_for_timeout(500)
        route.fulfill(response=answer)

    desk.route("**/pane/**", outdated)
    desk.locator(f"#row-{talk.pk} a.row").click()
    expect(last(desk)).to_contain_text("Any news?")


def test_hostile_text_is_text_and_asks_for_nothing(desk, write):
    evil = "<script>window.hacked = 1</script><img src=/evil onerror=1><b hx-get=/undo/ hx-trigger=load>x</b>"
    conversation = write(evil, "mallory", html="").conversation
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    show(desk, conversation)
    expect(last(desk)).to_contain_text("<script>window.hacked = 1</script>")
    assert desk.evaluate("window.hacked") is None
    assert not [url for url in asked if "evil" in url or "/undo/" in url]


def test_who_may_no_longer_see_it_is_told_and_shown_nothing(desk, talk, sales):
    show(desk, talk)
    Conversation.objects.filter(pk=talk.pk).update(team=sales)
    announce(talk)
    expect(desk.locator("#conversation")).to_contain_text("not here for you")
    expect(desk.locator("body")).not_to_contain_text("My parcel has not come")
    expect(desk.locator("#side")).to_be_empty()


# ── What is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_reply_shows_within_50_ms_and_the_real_one_takes_its_place(desk, talk):
    show(desk, talk)
    held: list[Route] = []
    desk.route("**/replies/", lambda route: held.append(route))
    desk.locator("#reply").fill("On its way")
    took = desk.evaluate(
        """() => new Promise((done) => {
            const start = performance.now()
            new MutationObserver(() => document.querySelector(".m--pending") && done(performance.now() - start))
              .observe(document.getElementById("messages"), { childList: true })
            document.getElementById("send").click()
        })"""
    )
    assert took <= 50
    expect(desk.locator("#reply")).to_have_value("")
    expect(desk.locator("#reply")).to_be_focused()
    place = last(desk).bounding_box()["y"]
    eventually(lambda: held)[0].continue_()
    expect(desk.locator(".m--pending")).to_have_count(0)
    expect(last(desk)).to_contain_text("On its way")
    assert abs(last(desk).bounding_box()["y"] - place) <= 4
    assert len(sent("On its way")) == 1


def test_a_reply_that_fails_stays_and_can_be_sent_again(desk, talk):
    show(desk, talk)
    desk.route("**/replies/", lambda route: route.fulfill(status=503))
    desk.locator("#reply").fill("On its way")
    desk.keyboard.press("Control+Enter")
    expect(last(desk)).to_contain_text("Not sent yet")
    desk.unroute("**/replies/")
    last(desk).get_by_role("button", name="Send again").click()
    expect(desk.locator(".m--pending")).to_have_count(0)
    assert len(sent("On its way")) == 1


def test_what_was_written_offline_survives_a_reload_and_is_sent_once_in_order(desk, talk):
    show(desk, talk)
    desk.route("**/replies/", lambda route: route.abort())
    for text in ("first", "second"):
        desk.locator("#reply").fill(text)
        desk.keyboard.press("Control+Enter")
    expect(desk.locator(".m--pending")).to_have_count(2)
    desk.reload()
    expect(desk.locator(".m--pending")).to_have_count(2)
    desk.unroute("**/replies/")
    desk.evaluate("() => dispatchEvent(new Event('online'))")
    expect(desk.locator(".m--pending")).to_have_count(0, timeout=15_000)
    written = Message.objects.filter(kind=Message.Kind.OUTBOUND).order_by("pk")
    assert [message.text for message in written] == ["first", "second"]


def test_what_was_sent_is_kept_before_the_draft_is_put_away(desk, talk):
    show(desk, talk)
    desk.route("**/draft/", lambda route: None)
    desk.locator("#reply").press_sequentially("do not lose me")
    desk.wait_for_timeout(1000)
    desk.keyboard.press("Control+Enter")
    assert "do not lose me" in desk.evaluate("JSON.stringify(localStorage)")
    desk.unroute("**/draft/")
    desk.reload()
    eventually(lambda: len(sent("do not lose me")) == 1 or desk.wait_for_timeout(100))


def test_somebody_faster_is_shown_before_anything_is_sent(desk, talk, ada, bob):
    show(desk, talk)
    # This page has not heard of it yet: its line is slow.
    desk.route("**/tail/**", lambda route: route.abort())
    replies.reply(talk, by=ada, text="I take it", route=routes_of(talk)[0])
    desk.locator("#reply").fill("Me too")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#composer-problem")).to_contain_text("Ada answered just now.")
    assert not sent("Me too")
    desk.get_by_role("button", name="Send all the same").click()
    expect(desk.locator(".m--pending")).to_have_count(0)
    assert len(sent("Me too")) == 1


def test_who_looks_first_has_their_text_back(desk, talk, ada):
    show(desk, talk)
    desk.route("**/tail/**", lambda route: route.abort())
    replies.reply(talk, by=ada, text="I take it", route=routes_of(talk)[0])
    desk.locator("#reply").fill("Me too")
    desk.keyboard.press("Control+Enter")
    desk.unroute("**/tail/**")
    desk.get_by_role("button", name="Look").click()
    expect(desk.locator("#reply")).to_have_value("Me too")
    expect(desk.locator("#messages")).to_contain_text("I take it")
    assert not sent("Me too")


def test_a_letter_can_be_taken_back_before_it_leaves(desk, talk, mail):
    talk.customer.identities.create(kind="email", value="carol@home.example", is_verified=True)
    show(desk, talk)
    desk.locator("#via").click()
    desk.locator("[data-route]", has_text="carol@home.example").click()
    expect(desk.locator("#subject")).to_be_visible()
    desk.locator("#reply").fill("Dear Carol")
    desk.keyboard.press("Control+Enter")
    last(desk).get_by_role("button", name="Do not send").click()
    expect(desk.locator("#reply")).to_have_value("Dear Carol")
    eventually(lambda: Delivery.objects.filter(state=Delivery.State.CANCELLED).count() == 1)


def test_sent_and_resolved_leads_to_the_next_conversation(desk, talk, write):
    newer = write("Do you ship abroad?", "dave").conversation
    desk.goto(f"/conversations/{newer.pk}/?view=all")
    expect(desk.locator("html")).to_have_attribute("data-live", "on")
    desk.locator("#reply").fill("We do.")
    desk.keyboard.press("Control+Shift+Enter")
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(talk.pk))
    assert len(sent("We do.")) == 1
    assert Conversation.objects.get(pk=newer.pk).status == Conversation.Status.RESOLVED


def test_copies_go_to_those_who_were_chosen(desk, live_desk, mail):
    sender = Address("email", "carol@home.example", is_verified=True, name="Carol")
    tom = Address("email", "tom@home.example", name="Tom")
    said = InboundMessage("a@b", sender, "Hello", subject="Order", cc=[tom], sent_at=timezone.now())
    conversation = receiving.receive_message(mail, said).conversation
    show(desk, conversation)
    desk.get_by_role("button", name="Cc/Bcc").click()
    desk.get_by_role("button", name="+ tom@home.example").click()
    expect(desk.locator("#composer-problem")).to_be_hidden()
    desk.locator("#cc").press_sequentially("stranger@else.example,")
    expect(desk.locator("#composer-problem")).to_contain_text("stranger@else.example has not been in this conversation")
    desk.locator("#bcc").press_sequentially("boss@shop.example")
    desk.locator("#reply").fill("Hello to all")
    desk.keyboard.press("Control+Enter")
    eventually(lambda: sent("Hello to all"))
    roles = dict(Delivery.objects.values_list("address", "role"))
    assert roles == {
        "carol@home.example": "to",
        "tom@home.example": "cc",
        "stranger@else.example": "cc",
        "boss@shop.example": "bcc",
    }


def test_a_new_conversation_begins_in_a_dialog(desk, live_desk, mail):
    messages = []
    desk.on("console", lambda message: messages.append(message.text) if "Content Security" in message.text else None)
    desk.goto("/inbox/mine/")
    expect(desk.locator("html")).to_have_attribute("data-live", "on")
    desk.keyboard.press("c")
    dialog = desk.locator("dialog#start")
    dialog.locator("[name=address]").fill("nobody")
    dialog.locator("[name=text]").fill("Hello")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.locator(".errors")).to_contain_text("“nobody” is not an address.")
    dialog.locator("[name=address]").fill("fern@home.example")
    dialog.get_by_role("button", name="Send").click()
    expect(last(desk)).to_contain_text("Hello")
    assert Delivery.objects.get().address == "fern@home.example"
    assert messages == []


def test_what_is_sent_while_signed_out_goes_after_signing_in_again(desk, talk, bob):
    show(desk, talk)
    desk.locator("#reply").fill("On its way")
    Session.objects.all().delete()
    # Not by a key: the dialog may be faster, and would get it.
    desk.evaluate("document.getElementById('send').click()")
    dialog = desk.locator("#signed-out")
    expect(dialog).to_be_visible()
    expect(last(desk)).to_contain_text("Signed out. It will be sent when you are back.")
    dialog.locator("[name=login]").fill(bob.email)
    dialog.locator("[name=password]").fill(PASSWORD)
    desk.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(desk.locator(".m--pending")).to_have_count(0, timeout=15_000)
    assert len(sent("On its way")) == 1


# ── Input methods ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def enter_sends(bob) -> None:
    User.objects.filter(pk=bob.pk).update(enter_sends=True)


def compose(page: Page, before: str, composed: str, key: str = "Enter", modifiers: int = 0) -> CDPSession:
    """Type with an input method, and press a key while its last word is still open."""
    keyboard = page.context.new_cdp_session(page)
    page.locator("#reply").focus()
    keyboard.send("Input.insertText", {"text": before})
    end = len(composed)
    keyboard.send("Input.imeSetComposition", {"text": composed, "selectionStart": end, "selectionEnd": end})
    press = {"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": 229, "modifiers": modifiers}
    keyboard.send("Input.dispatchKeyEvent", press)
    keyboard.send("Input.insertText", {"text": composed})
    return keyboard


def test_the_enter_that_ends_a_korean_syllable_sends_once(desk, enter_sends, talk):
    show(desk, talk)
    compose(desk, "안녕하세", "요")
    eventually(lambda: sent("안녕하세요"))
    desk.wait_for_timeout(500)
    assert len(Message.objects.filter(kind=Message.Kind.OUTBOUND)) == 1


def test_the_second_report_of_the_same_korean_enter_sends_nothing_more(desk, enter_sends, talk):
    show(desk, talk)
    keyboard = compose(desk, "안녕하세", "요")
    press = {"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    keyboard.send("Input.dispatchKeyEvent", press)
    eventually(lambda: sent("안녕하세요"))
    desk.wait_for_timeout(500)
    assert Message.objects.filter(kind=Message.Kind.OUTBOUND).count() == 1
    expect(desk.locator("#reply")).to_have_value("")


def test_the_enter_that_confirms_japanese_words_does_not_send(desk, enter_sends, talk):
    show(desk, talk)
    compose(desk, "", "日本語")
    desk.wait_for_timeout(500)
    expect(desk.locator("#reply")).to_have_value("日本語")
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()
    desk.keyboard.press("Enter")
    eventually(lambda: sent("日本語"))


def test_control_enter_while_composing_sends_the_whole_text_once(desk, talk):
    show(desk, talk)
    compose(desk, "안녕하세", "요", modifiers=2)
    eventually(lambda: sent("안녕하세요"))
    desk.wait_for_timeout(500)
    assert Message.objects.filter(kind=Message.Kind.OUTBOUND).count() == 1


def test_enter_is_a_new_line_for_those_who_did_not_choose_otherwise(desk, talk):
    show(desk, talk)
    desk.locator("#reply").press_sequentially("one")
    desk.keyboard.press("Enter")
    desk.keyboard.type("two")
    expect(desk.locator("#reply")).to_have_value("one\ntwo")
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


# ── Drafts and notes ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_survives_reload_switch_and_another_device(desk, talk, browser, base_url, sign_in, bob):
    show(desk, talk)
    desk.locator("#reply").fill("to Carol")
    desk.locator("[data-mode-tab=note]").click()
    desk.locator("#note").fill("among us")
    desk.locator("[data-mode-tab=reply]").click()
    expect(desk.locator("#reply")).to_have_value("to Carol")
    eventually(lambda: Draft.objects.count() == 2)
    desk.reload()
    expect(desk.locator("#reply")).to_have_value("to Carol")
    expect(desk.locator("#note")).to_have_value("among us")
    other: BrowserContext = browser.new_context(base_url=base_url)
    sign_in(other, bob)
    elsewhere = show(other.new_page(), talk)
    expect(elsewhere.locator("#reply")).to_have_value("to Carol")
    other.close()


def test_what_is_typed_is_kept_before_the_server_knows(desk, talk):
    show(desk, talk)
    desk.route("**/draft/", lambda route: route.abort())
    desk.locator("#reply").press_sequentially("not saved yet")
    desk.reload()
    expect(desk.locator("#reply")).to_have_value("not saved yet")


def test_a_note_cannot_be_mistaken_and_reaches_no_channel(desk, talk):
    show(desk, talk)
    desk.locator("[data-mode-tab=note]").click()
    composer = desk.locator("#composer")
    assert composer.evaluate("form => getComputedStyle(form).backgroundColor") == desk.evaluate(
        "() => { const probe = document.createElement('i'); probe.className = 'm--note'; document.body.append(probe);"
        " const colour = getComputedStyle(probe).backgroundColor; probe.remove(); return colour }"
    )
    expect(desk.get_by_role("button", name="Leave the note")).to_be_visible()
    expect(desk.locator("#send")).to_be_hidden()
    expect(desk.locator("#via")).to_be_hidden()
    desk.locator("#note").fill("among us")
    desk.get_by_role("button", name="Leave the note").click()
    expect(last(desk)).to_have_class(re.compile("m--note"))
    eventually(lambda: Message.objects.filter(kind=Message.Kind.NOTE, text="among us").exists())
    assert not Delivery.objects.exists()


# ── Menus over the text ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def answers(support) -> None:
    SavedReply.objects.create(title="재배송 안내", shortcut="재배송", body="오늘 다시 보내 드릴게요.")
    SavedReply.objects.create(title="환불 기준", shortcut="환불", body="환불은 3일 안에 돼요.")


def test_saved_replies_are_found_by_initial_consonants(desk, talk, answers):
    show(desk, talk)
    desk.locator("#reply").press_sequentially("/ㅈㅂㅅ")
    expect(desk.locator("#suggestions [role=option]")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#reply")).to_have_value("오늘 다시 보내 드릴게요.")


def test_the_menu_is_open_while_a_syllable_is_composed(desk, talk, answers):
    show(desk, talk)
    keyboard = desk.context.new_cdp_session(desk)
    desk.locator("#reply").press_sequentially("/")
    keyboard.send("Input.imeSetComposition", {"text": "화", "selectionStart": 1, "selectionEnd": 1})
    expect(desk.locator("#suggestions [role=option]")).to_have_count(1)
    expect(desk.locator("#suggestions")).to_contain_text("환불")
    press = {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", press)
    keyboard.send("Input.insertText", {"text": "화"})
    expect(desk.locator("#reply")).to_have_value("환불은 3일 안에 돼요.")


def test_arrows_choose_and_escape_closes_without_losing_text(desk, talk, answers):
    show(desk, talk)
    desk.locator("#reply").press_sequentially("/")
    expect(desk.locator("#suggestions [role=option]")).to_have_count(2)
    first = desk.locator("#suggestions [aria-selected=true]").inner_text()
    desk.keyboard.press("ArrowDown")
    assert desk.locator("#suggestions [aria-selected=true]").inner_text() != first
    desk.keyboard.press("Escape")
    expect(desk.locator("#suggestions")).to_be_hidden()
    expect(desk.locator("#reply")).to_have_value("/")
    expect(desk.locator("#reply")).to_be_focused()


def test_a_colleague_is_named_in_a_note(desk, talk, ada):
    show(desk, talk)
    desk.locator("[data-mode-tab=note]").click()
    desk.locator("#note").press_sequentially("Please look, @ad")
    expect(desk.locator("#suggestions [role=option]")).to_have_count(1)
    desk.keyboard.press("Tab")
    expect(desk.locator("#note")).to_have_value("Please look, @Ada ")
    desk.keyboard.press("Control+Enter")
    expect(last(desk).locator(".mention")).to_have_text("@Ada")
    eventually(lambda: ada.mentions.count() == 1)


# ── Channels and files ───────────────────────────────────────────────────────────────────────────────────────────────
def test_the_channel_menu_says_what_cannot_be_used_and_why(desk, talk, mail):
    reason = "The mail server does not know this address."
    talk.customer.identities.create(kind="email", value="gone@home.example", unreachable_reason=reason)
    talk.customer.identities.create(kind="phone", value="+821012348214")
    show(desk, talk)
    desk.locator("#via").click()
    gone = desk.locator("[data-route]", has_text="gone@home.example")
    expect(gone).to_contain_text(reason)
    expect(gone).to_have_attribute("aria-disabled", "true")
    expect(desk.locator("#routes")).to_contain_text("010-••••-8214")
    gone.click(force=True)
    expect(desk.locator("#composer-problem")).to_have_text(reason)
    expect(desk.locator("#via-name")).to_have_text("Web chat")


def test_a_text_too_long_for_the_channel_is_not_sent(desk, talk):
    show(desk, talk)
    expect(desk.locator("[data-counter]")).to_have_text("0/5,000")
    desk.locator("#reply").fill("x" * 5003)
    expect(desk.locator("[data-counter]")).to_have_text("5,003/5,000")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#composer-problem")).to_have_text("Too long by 3")
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


def test_files_are_dropped_cancelled_and_sent(desk, talk):
    show(desk, talk)
    names = ["one.txt", "two.txt", "three.txt"]
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"x"} for name in names]
    desk.locator("#file-picker").set_input_files(files)
    expect(desk.locator("#uploads .file")).to_have_count(3)
    desk.get_by_role("button", name="Remove two.txt").click()
    expect(desk.locator("#uploads .file")).to_have_count(2)
    expect(desk.locator("#uploads progress:visible")).to_have_count(0)
    desk.locator("#reply").fill("See these")
    desk.keyboard.press("Control+Enter")
    expect(last(desk).locator(".file")).to_have_count(2)
    [message] = sent("See these")
    assert {file.name for file in message.attachments.all()} == {"one.txt", "three.txt"}


def test_a_pasted_picture_is_attached(desk, talk):
    show(desk, talk)
    desk.locator("#reply").evaluate(
        """async (area) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 })
            const blob = await new Promise((done) => canvas.toBlob(done))
            const data = new DataTransfer()
            data.items.add(new File([blob], "shot.png", { type: "image/png" }))
            area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
        }"""
    )
    expect(desk.locator("#uploads .file__thumb")).to_have_count(1)
    expect(desk.locator("#uploads .file")).to_contain_text("shot.png")


def test_a_file_too_big_for_the_channel_says_so_at_once(desk, talk):
    show(desk, talk)
    desk.locator("#file-picker").evaluate(
        """(picker) => {
            const data = new DataTransfer()
            data.items.add(new File([new Uint8Array(21 * 1024 * 1024)], "film.bin", { type: "application/octet-stream" }))
            picker.files = data.files
            picker.dispatchEvent(new Event("change", { bubbles: true }))
        }"""
    )
    expect(desk.locator("#uploads .file--bad")).to_contain_text("Too big")
    desk.locator("#reply").fill("See this")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#composer-problem")).to_be_visible()


# ── Colleagues ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_agents_see_who_looks_and_who_types(desk, talk, browser, base_url, sign_in, ada):
    other: BrowserContext = browser.new_context(base_url=base_url)
    sign_in(other, ada)
    hers = show(other.new_page(), talk)
    show(desk, talk)
    expect(hers.locator("#viewers .av")).to_have_text("B", timeout=4000)
    desk.locator("#reply").press_sequentially("I")
    expect(hers.locator("#collide")).to_contain_text("Bob is writing a reply")
    desk.locator("[data-mode-tab=note]").click()
    desk.wait_for_timeout(3000)  # the page says at most every three seconds that somebody types
    desk.locator("#note").press_sequentially("I")
    expect(hers.locator("#collide")).to_contain_text("Bob is writing a note")
    desk.close()
    expect(hers.locator("#viewers")).to_be_hidden(timeout=8000)
    expect(hers.locator("#collide")).to_be_hidden(timeout=8000)
    other.close()


# ── Letters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_letter_fits_its_height_and_loads_no_image_until_asked(desk, live_desk, mail):
    html = "<table>" + "<tr><td>row</td></tr>" * 60 + "</table><p><img data-src='https://tracker.example/p.png'></p>"
    sender = Address("email", "carol@home.example", is_verified=True, name="Carol")
    said = InboundMessage("a@b", sender, "row", html=html.replace("'", '"'), subject="Order", sent_at=timezone.now())
    conversation = receiving.receive_message(mail, said).conversation
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    show(desk, conversation)
    frame = desk.locator(".mailframe")
    eventually(lambda: frame.bounding_box()["height"] > 1000)
    inside = frame.element_handle().content_frame()
    assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    assert not [url for url in asked if "tracker" in url]
    desk.get_by_role("button", name="Show images").click()
    eventually(lambda: [url for url in asked if "tracker" in url] or desk.wait_for_timeout(100))


def test_the_pane_has_no_accessibility_violations(desk, talk, bob, ada, write):
    replies.note(talk, by=ada, text=f"Look @[Bob]({bob.pk})")
    replies.reply(talk, by=bob, text="On its way", route=routes_of(talk)[0])
    write("Thank you")
    show(desk, talk)
    expect(last(desk)).to_contain_text("Thank you")
    assert violations(desk) == []
    desk.locator("[data-mode-tab=note]").click()
    desk.locator("#conversation [popovertarget=conv-more]").click()
    assert violations(desk) == []
