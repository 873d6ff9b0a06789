"""The agents' screens for everybody: accessible in every look, small, zoomed, by touch, still, from right to left."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import User
from conversations.actions import replies, state
from conversations.models import Conversation, SavedReply
from conversations.reach import routes_of
from tests.browser.axe import violations
from tests.browser.steps import elsewhere, focused, link, row, until, visit

LOOKS = {
    "light": ({"width": 1440, "height": 900}, "light", "ltr"),
    "dark": ({"width": 1440, "height": 900}, "dark", "ltr"),
    "narrow": ({"width": 390, "height": 844}, "light", "ltr"),
    "right-to-left": ({"width": 1180, "height": 800}, "dark", "rtl"),
}


@pytest.fixture
def stream(write, letter, bob, ada, support) -> Conversation:
    """A conversation with everything a thread can show."""
    old = write("An older question", "dave").conversation
    first = letter("배송완료로 뜨는데 아직 못 받았어요.", subject="Order 58214", html="<p>배송완료로 <b>뜨는데</b></p>")
    talk = first.conversation
    replies.note(talk, by=ada, text=f"Look @[Bob]({bob.pk})")
    replies.reply(talk, by=bob, text="We are looking **at it**", route=routes_of(talk)[0])
    letter(
        "Thank you", subject="Re: Order 58214", html="<p>Thank you</p><blockquote>We are looking</blockquote>", to=first
    )
    state.add_tag(talk, name="delivery", by=bob)
    customer = talk.customer
    customer.identities.create(kind="phone", value="+821012348214")
    customer.name, customer.is_vip, customer.language = "김하늘", True, "ko"
    customer.facts = {"stats": [{"label": "Orders", "value": "14"}], "orders": [{"name": "Lamp", "amount": "₩89,000"}]}
    customer.save()
    Conversation.objects.filter(pk=old.pk).update(customer=customer)
    state.resolve(old, by=bob)
    write("هل تشحنون إلى دبي؟", "amira")
    SavedReply.objects.create(title="Delivery", shortcut="delivery", body="It comes tomorrow.")
    talk.refresh_from_db()
    return talk


def dress(page: Page, look: str) -> None:
    size, scheme, direction = LOOKS[look]
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    if direction == "rtl":
        page.add_init_script(
            # Letters' frames run no script, and say so of one that tries.
            "if (self === top) document.addEventListener("
            "'DOMContentLoaded', () => { document.documentElement.dir = 'rtl' })"
        )


def sideways(page: Page) -> list[str]:
    """What makes the page wider than the screen."""
    return page.evaluate(
        """() => {
            if (document.documentElement.scrollWidth <= innerWidth) return []
            const sticksOut = ({ left, right }) => right > innerWidth + 1 || left < -1
            return [...document.querySelectorAll("body *")]
                .filter((e) => e.checkVisibility() && sticksOut(e.getBoundingClientRect()))
                .map((e) => e.id || String(e.className) || e.tagName).slice(0, 8).concat(["scrolls sideways"])
        }"""
    )


def findings(page: Page, where: str, within: str = "html") -> list[str]:
    return [f"{where}: {line}" for line in (*violations(page, within), *sideways(page))]


# ── X1: axe ──────────────────────────────────────────────────────────────────────────────────────────────────────────
DIALOGS = {"palette": "Control+k", "assign": "a", "snooze": "h", "tags": "l", "shortcuts": "Shift+Slash", "new": "c"}
SHOWN = {"palette": "#command", "shortcuts": "#shortcuts", "new": "#start"}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_screen(desk, stream, complaints, look):
    dress(desk, look)
    found = []
    for path in (
        "/inbox/all/",
        "/inbox/mine/",
        "/inbox/all/?q=zzz",
        "/search/?q=order",
        "/search/?q=zzz",
        "/conversations/new/",
    ):
        visit(desk, path)
        found += findings(desk, path)
    visit(desk, f"/conversations/{stream.pk}/")
    expect(desk.locator(".mailframe").first).to_be_visible()
    found += findings(desk, "conversation")
    desk.locator("[data-mode-tab=note]").click()
    found += findings(desk, "note")
    assert found == []
    assert complaints == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_with_a_dialog_open_or_an_error_shown(desk, stream, look):
    dress(desk, look)
    visit(desk, f"/conversations/{stream.pk}/")
    found = []
    for name, key in DIALOGS.items():
        desk.keyboard.press(key)
        dialog = desk.locator(SHOWN.get(name, "#picker"))
        expect(dialog).to_be_visible()
        if name in ("palette", "assign", "snooze"):
            expect(dialog.locator("[role=option]").first).to_be_visible()
        found += findings(desk, name, "dialog[open]")
        desk.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    desk.evaluate("document.dispatchEvent(new CustomEvent('live:signed-out'))")
    found += findings(desk, "signed out", "dialog[open]")
    visit(desk, f"/conversations/{stream.pk}/")
    desk.route("**/replies/", lambda route: route.fulfill(status=503))
    desk.locator("#reply").fill("On its way")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#messages > .m").last).to_contain_text("Not sent yet")
    desk.context.set_offline(True)
    expect(desk.locator("#conversation [data-netbar]")).to_be_visible()
    found += findings(desk, "offline, a failed message", "#conversation")
    assert found == []


def test_axe_finds_nothing_where_something_did_not_load(desk, waiting):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/")
    desk.route("**/pane/**", lambda route: route.fulfill(status=500))
    link(desk, second).click()
    expect(desk.locator("#conversation .oops")).to_be_visible()
    state.resolve(first, by=first.assignee)
    assert findings(desk, "error") == []


# ── X2, X3: small, zoomed, by touch ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("size", [(320, 640), (320, 256)], ids=["320 px", "400 %"])
def test_at_320_pixels_and_at_400_percent_nothing_is_hidden_or_scrolls_both_ways(desk, stream, size):
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("/inbox/all/", "/search/?q=order", "/conversations/new/"):
        visit(desk, path)
        assert sideways(desk) == [], path
    visit(desk, f"/conversations/{stream.pk}/")
    assert sideways(desk) == []
    desk.locator("#reply").fill("On its way")
    for name in ("#send", "#via", "[data-mode-tab=note]", "[data-command=back]", "[popovertarget=conv-more]"):
        element = desk.locator(name).first
        element.scroll_into_view_if_needed()
        expect(element).to_be_in_viewport()
    assert desk.locator("#scroller").bounding_box()["height"] > 24
    desk.locator("#send").click()
    expect(desk.locator("#messages > .m").last).to_contain_text("On its way")
    desk.locator("[data-command=back]").click()
    expect(link(desk, stream)).to_be_visible()
    assert sideways(desk) == []


TARGETS = """(least) => {
    const all = "a[href], button, input:not([type=hidden], [type=file]), select, summary, textarea, [role=option]"
    const isSeen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    // The words of a tick belong to it; a link within a sentence may be as high as its line.
    const boxOf = (e) => ((e.matches("[type=checkbox], [type=radio]") && e.closest("label")) || e).getBoundingClientRect()
    const isInline = (e) => getComputedStyle(e).display === "inline"
    const nameOf = (e) => e.id || e.getAttribute("aria-label") || e.textContent.trim().slice(0, 20) || e.className
    return [...document.querySelectorAll(all)].filter((e) => isSeen(e) && !isInline(e) && !e.matches(".skip, .row__pick"))
        .map((e) => [nameOf(e), Math.round(boxOf(e).width), Math.round(boxOf(e).height)])
        .filter(([, width, height]) => width && height && Math.min(width, height) < least)
}"""


@pytest.mark.parametrize("path", ["/inbox/all/", "/conversations/{}/", "/search/?q=order"])
def test_targets_have_24_pixels_at_least(desk, stream, path):
    desk.set_viewport_size({"width": 1440, "height": 900})
    visit(desk, path.format(stream.pk))
    assert desk.evaluate(TARGETS, 24) == []


@pytest.mark.parametrize("path", ["/inbox/all/", "/conversations/{}/"])
def test_fingers_have_44_pixels(browser, base_url, sign_in, bob, stream, path):
    phone: BrowserContext = elsewhere(
        browser, base_url, sign_in, bob, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page = visit(phone.new_page(), path.format(stream.pk))
    assert page.evaluate(TARGETS, 44) == []
    phone.close()


# ── X5: the system's own colours ─────────────────────────────────────────────────────────────────────────────────────
def test_with_forced_colours_one_still_sees_what_is_chosen_and_where_one_is(desk, waiting):
    [talk] = waiting(1)
    desk.emulate_media(forced_colors="active")
    visit(desk, f"/conversations/{talk.pk}/?view=mine")
    outline = "e => getComputedStyle(e).outlineStyle"
    assert link(desk, talk).evaluate(outline) == "solid"
    assert desk.locator(".vlink[aria-current]").evaluate(outline) == "solid"
    assert desk.locator(".vlink:not([aria-current])").first.evaluate(outline) == "none"
    desk.locator("#send").focus()
    desk.keyboard.press("Shift+Tab")
    assert desk.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


# ── X6, X7: said and still ───────────────────────────────────────────────────────────────────────────────────────────
def test_what_happens_is_said_to_those_who_do_not_see_it(desk, waiting, write):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    log, announcer = desk.locator("[role=log]"), desk.locator("#announcer")
    expect(log).to_have_attribute("aria-live", "polite")
    write("Are you there?", "customer 0")
    expect(log).to_contain_text("Are you there?")
    desk.locator("#reply").fill("I am")
    desk.keyboard.press("Control+Enter")
    expect(announcer).to_have_text("Message sent", timeout=8000)
    desk.route("**/replies/", lambda route: route.fulfill(status=503))
    desk.locator("#reply").fill("One more thing")
    desk.keyboard.press("Control+Enter")
    expect(log.locator("[role=alert]:visible")).to_contain_text("Not sent yet")
    assert focused(desk) == "reply"


def test_reduced_motion_moves_nothing(desk, waiting, write):
    _first, second = waiting(2)
    desk.emulate_media(reduced_motion="reduce")
    visit(desk, f"/conversations/{second.pk}/")
    write("Me again", "customer 0")
    expect(row(desk, second).locator(".row__pre")).to_have_text("Me again")
    until(desk, lambda: desk.locator("#rows > li").first.get_attribute("id") == f"row-{second.pk}")
    assert desk.evaluate("document.getAnimations().length") == 0


SPY = """() => {
    const { animate } = Element.prototype
    window.slides = []
    Element.prototype.animate = function (...way) {
        slides.push([this.id, way[1].duration])
        return animate.apply(this, way)
    }
}"""


def test_with_motion_a_row_slides_to_its_place(desk, waiting, write):
    _first, second = waiting(2)
    desk.emulate_media(reduced_motion="no-preference")
    visit(desk, "/inbox/mine/")
    desk.evaluate(SPY)
    write("Me again", "customer 0")
    until(desk, lambda: desk.locator("#rows > li").first.get_attribute("id") == f"row-{second.pk}")
    slides = desk.evaluate("slides")
    assert [f"row-{second.pk}", 200] in slides
    assert all(duration <= 200 for _id, duration in slides)


# ── L1: the look follows ─────────────────────────────────────────────────────────────────────────────────────────────
def test_light_and_dark_follow_the_system_until_one_chooses(desk, waiting, bob):
    waiting(1)
    desk.emulate_media(color_scheme="light")
    visit(desk, "/inbox/mine/")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = desk.evaluate(background)
    desk.emulate_media(color_scheme="dark")
    dark = desk.evaluate(background)
    assert light != dark
    User.objects.filter(pk=bob.pk).update(theme="light")
    source = desk.request.get("/inbox/mine/").text()
    assert re.search(r'<html[^>]* data-theme="light"', source)
    visit(desk, "/inbox/mine/")
    assert desk.evaluate(background) == light


# ── L3: right to left ────────────────────────────────────────────────────────────────────────────────────────────────
def test_from_right_to_left_nothing_runs_off_and_every_text_keeps_its_own_direction(desk, stream):
    dress(desk, "right-to-left")
    desk.set_viewport_size({"width": 1440, "height": 900})
    visit(desk, f"/conversations/{stream.pk}/")
    assert sideways(desk) == []
    views, side = desk.locator("#views").bounding_box(), desk.locator("#side").bounding_box()
    assert views["x"] > side["x"]
    phone = desk.locator("#side bdi", has_text="010-")
    assert phone.inner_text() == "010-••••-8214"
    assert phone.evaluate("e => getComputedStyle(e).direction") == "ltr"
    pre = row(desk, Conversation.objects.get(customer__name="Amira")).locator(".row__pre")
    assert pre.evaluate("e => getComputedStyle(e).direction") == "rtl"
    subject = link(desk, stream).locator(".row__sub")
    assert subject.evaluate("e => getComputedStyle(e).direction") == "ltr"
    last = desk.locator("#side .pane__title")
    assert last.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_a_korean_sentence_keeps_its_full_stop_at_its_end(desk, write):
    talk = write("배송이 늦어요.").conversation
    dress(desk, "right-to-left")
    visit(desk, f"/conversations/{talk.pk}/")
    ends = desk.locator("#messages .bub").last.evaluate(
        """(bubble) => {
            const text = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT).nextNode()
            const at = (from) => {
                const range = document.createRange()
                range.setStart(text, from)
                range.setEnd(text, from + 1)
                return range.getBoundingClientRect().left
            }
            return [at(0), at(text.data.trimEnd().length - 1)]
        }"""
    )
    assert ends[0] < ends[1]
