"""Korean and English in a real browser: complete, broken at words only, with true times and no missing glyphs."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polib
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import User
from conversations.actions import replies, state
from conversations.models import Conversation, Message
from conversations.reach import routes_of
from tests.browser.steps import link, until, visit

CATALOGUE = Path(__file__).parents[2] / "locale/ko/LC_MESSAGES/django.po"

# Every text that is seen or read aloud, apart from what people wrote (dir=auto) and the names of languages.
TEXTS = """() => {
    const found = new Set()
    const theirs = "[dir=auto], bdi, kbd, code, textarea, [lang]:not(html), .views__ws, .rail__logo, script, style"
    const isOurs = (e) => e && !e.closest(theirs)
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim().replace(/\\s+/g, " ")
        if (text && isOurs(walker.currentNode.parentElement)) found.add(text)
    }
    for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
        for (const name of ["aria-label", "title", "placeholder", "alt"])
            if (e.getAttribute(name) && isOurs(e)) found.add(e.getAttribute(name).trim())
    for (const e of document.querySelectorAll("*")) for (const [name, text] of Object.entries(e.dataset))
        if (/^(t|label|one|many|none|text|left|over|words|now)[A-Z]?/.test(name) && / /.test(text) && isOurs(e))
            found.add(text.trim())
    return [...found]
}"""


def speak(agent: User, language: str) -> None:
    User.objects.filter(pk=agent.pk).update(language=language)


@pytest.fixture
def talk(letter, write, bob) -> Conversation:
    talk = letter("주문 58214", subject="주문 58214").conversation
    replies.note(talk, by=bob, text="메모")
    replies.reply(talk, by=bob, text="네", route=routes_of(talk)[0])
    state.assign(talk, to=bob, by=bob)
    state.set_priority(talk, priority=4, by=bob)
    state.resolve(talk, by=bob)
    state.reopen(talk, by=bob)
    write("안녕하세요", "haneul")
    return talk


PAGES = (
    "/inbox/all/",
    "/inbox/mine/",
    "/conversations/{}/",
    "/search/?q=58214",
    "/search/?q=zzz",
    "/conversations/new/",
)


def seen(page: Page, talk: Conversation) -> set[str]:
    texts: set[str] = set()
    for path in PAGES:
        visit(page, path.format(talk.pk))
        texts |= set(page.evaluate(TEXTS))
    visit(page, f"/conversations/{talk.pk}/")
    for key, dialog in {"Control+k": "#command", "h": "#picker", "a": "#picker", "Shift+Slash": "#shortcuts"}.items():
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()
        expect(page.locator(f"{dialog} [role=option], {dialog} dt").first).to_be_visible()
        texts |= set(page.evaluate(TEXTS))
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
    return texts


# ── L5: complete ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_korean_pages_show_no_english(desk, talk, bob):
    speak(bob, "ko")
    texts = seen(desk, talk) - {"Carol", "Mailbox"}  # what people called themselves and their channels
    english = {entry.msgid.replace("%%", "%") for entry in polib.pofile(str(CATALOGUE)) if entry.msgstr != entry.msgid}
    assert polib.pofile(str(CATALOGUE)).find("All conversations").msgstr in texts
    assert sorted(texts & english) == []
    spoken = {text for text in texts if re.search(r"[a-z]{4,} [a-z]{2,}", text) and not re.search("[가-힣]", text)}
    assert sorted(spoken) == []


def test_english_pages_show_no_korean(desk, talk, bob):
    texts = seen(desk, talk)
    assert "Inbox" in texts
    assert sorted(text for text in texts if re.search("[가-힣]", text)) == []


# ── L2: lines and glyphs ─────────────────────────────────────────────────────────────────────────────────────────────
LINES = """(node) => {
    const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode()
    const range = document.createRange()
    const breaks = []
    let top = null
    for (let at = 0; at < text.data.length; at += 1) {
        range.setStart(text, at)
        range.setEnd(text, at + 1)
        const box = range.getClientRects()[0]
        if (!box?.width) continue
        if (top !== null && box.top > top + 4) breaks.push(text.data[at - 1])
        top = box.top
    }
    return breaks
}"""


def test_korean_lines_break_between_words_only(desk, write, bob):
    speak(bob, "ko")
    text = "배송완료로 표시되는데 아직까지 상품을 받아보지 못했어요 확인해주시고 연락부탁드릴게요 " * 6
    talk = write(text).conversation
    desk.set_viewport_size({"width": 390, "height": 844})
    visit(desk, f"/conversations/{talk.pk}/")
    breaks = desk.locator("#messages .bub").last.evaluate(LINES)
    assert len(breaks) > 5
    assert set(breaks) == {" "}


def test_hangul_has_its_glyphs_and_the_page_stays_where_it_is_when_the_font_comes(desk, talk, bob):
    speak(bob, "ko")
    desk.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " if (!one.hadRecentInput) window.shift += one.value }).observe({ type: 'layout-shift', buffered: true })"
    )
    visit(desk, "/inbox/all/")
    desk.evaluate("document.fonts.ready.then(() => true)")
    font = "'14px \"Pretendard Variable\"', '가나다라 뷁'"
    assert desk.evaluate(f"document.fonts.load({font}).then((faces) => faces.length)") > 0
    assert desk.evaluate(f"document.fonts.check({font})")
    loaded = desk.evaluate("[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)")
    assert any("Pretendard" in family for family in loaded)
    assert desk.evaluate("window.shift") <= 0.02


# ── L6: times ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_times_are_the_agents_whole_on_hover_and_iso_underneath(desk, write, bob):
    User.objects.filter(pk=bob.pk).update(time_zone="America/New_York")
    talk = write("Hello").conversation
    noon = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
    Message.objects.filter(conversation=talk).update(sent_at=noon)
    visit(desk, f"/conversations/{talk.pk}/")
    stamp = desk.locator("#messages .m time").first
    expect(stamp).to_have_text(re.compile("12:30"))
    assert datetime.fromisoformat(stamp.get_attribute("datetime")) == noon
    stamp.hover()
    until(desk, lambda: "12:30" in (stamp.get_attribute("title") or ""))
    assert "2026" in stamp.get_attribute("title")
    for moment in desk.locator("time[datetime]").evaluate_all("all => all.map((one) => one.dateTime)"):
        assert datetime.fromisoformat(moment).tzinfo


def test_how_long_ago_stays_true_without_a_reload(desk, write):
    talk = write("Hello").conversation
    Conversation.objects.filter(pk=talk.pk).update(active_at=timezone.now() - timedelta(minutes=4))
    desk.clock.install()
    visit(desk, "/inbox/all/")
    stamp = link(desk, talk).locator("time.row__time")
    expect(stamp).to_have_text("4m")
    desk.clock.fast_forward("10:00")
    expect(stamp).to_have_text("14m")
    stamp.hover()
    assert re.search(r"\d{4}", stamp.get_attribute("title"))


# ── L4: longer words ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_words_of_forty_percent_more_letters_cut_no_button(desk, talk):
    desk.set_viewport_size({"width": 1280, "height": 800})
    visit(desk, f"/conversations/{talk.pk}/")
    cut = desk.evaluate(
        """() => {
            const buttons = [...document.querySelectorAll("button, a.btn, .segs a, .tab")].filter((e) => e.checkVisibility())
            const longer = (word) => word + "·".repeat(Math.ceil(word.length * 0.4))
            for (const button of buttons) for (const node of button.childNodes)
                if (node.nodeType === 3 && node.data.trim()) node.data = longer(node.data.trim())
            const isCut = (e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1
            const mayBe = (e) => e.querySelector(".truncate") || e.matches(".truncate, .cmdk")
            return buttons.filter((e) => isCut(e) && !mayBe(e)).map((e) => e.id || e.textContent.trim())
        }"""
    )
    assert cut == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
