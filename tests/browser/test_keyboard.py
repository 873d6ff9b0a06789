"""The desk by keyboard alone, in Latin and in Hangul mode: every key, no trap, the focus always seen."""

import pytest
from playwright.sync_api import Page, expect

from agents.models import User
from conversations.models import Conversation, Message
from tests.browser.steps import Keys, focused, ids, link, row, rows, until, visit

COMMAND = "#command"


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


# ── K1: the whole flow ───────────────────────────────────────────────────────────────────────────────────────────────
def test_five_conversations_are_read_answered_and_resolved_without_a_mouse(desk, waiting):
    line = waiting(5)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("j")
    for number, talk in enumerate(line):
        expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(talk.pk))
        desk.keyboard.press("r")
        expect(desk.locator("#reply")).to_be_focused()
        desk.keyboard.type(f"Answer {number}")
        desk.keyboard.press("Control+Enter")
        expect(desk.locator("#reply")).to_have_value("")
        expect(desk.locator("#reply")).to_be_focused()
        desk.keyboard.press("Escape")
        expect(desk.locator("#scroller")).to_be_focused()
        expect(desk.locator(".m--pending")).to_have_count(0)
        desk.keyboard.press("e")
        expect(row(desk, talk)).to_have_count(0)
        following = f"row-{line[number + 1].pk}" if number < 4 else "list-h"
        until(desk, lambda following=following: focused(desk) == following)
    expect(desk.locator(".list__empty")).to_contain_text("All done")
    assert Conversation.objects.filter(status="resolved").count() == 5
    assert Message.objects.filter(kind="outbound").count() == 5


def test_control_shift_enter_sends_and_resolves(desk, waiting):
    first, _second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/?view=mine")
    desk.locator("#reply").fill("That is all")
    desk.keyboard.press("Control+Shift+Enter")
    until(desk, lambda: fresh(first).status == "resolved")
    assert Message.objects.filter(kind="outbound").values_list("text", flat=True).get() == "That is all"
    expect(row(desk, first)).to_have_count(0)


def test_resolving_says_who_comes_next(desk, waiting):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/?view=mine")
    desk.keyboard.press("e")
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(second.pk))
    assert focused(desk) == f"row-{second.pk}"
    expect(desk.locator("#announcer")).to_have_text("Resolved. Next: Customer 0", timeout=8000)


STOP = """() => {
    const at = document.activeElement
    if (at === document.body) return null
    const style = getComputedStyle(at)
    const box = at.getBoundingClientRect()
    const around = at.matches("input, textarea") && at.closest(".composer, .filter, .menu__find, .search__form")
    const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 40)]
    const top = document.elementFromPoint(x, y)
    return {
        name: at.id || at.getAttribute("aria-label") || at.textContent.trim().slice(0, 30) || at.className,
        isRinged: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
            || Boolean(around && getComputedStyle(around).boxShadow !== "none"),
        isSeen: box.bottom > 0 && box.top < innerHeight && (top === at || at.contains(top) || top?.contains(at)),
    }
}"""


@pytest.mark.parametrize("path", ["/inbox/mine/", "/conversations/{}/"])
def test_tab_goes_round_without_a_trap_and_every_stop_is_seen(desk, waiting, path):
    [talk] = waiting(1)
    visit(desk, path.format(talk.pk))
    stops = []
    for _ in range(80):
        desk.keyboard.press("Tab")
        stop = desk.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    names = [stop["name"] for stop in stops]
    assert 12 < len(stops) < 80, names
    assert [stop["name"] for stop in stops if not stop["isRinged"]] == []
    assert [stop["name"] for stop in stops if not stop["isSeen"]] == []
    desk.keyboard.press("Shift+Tab")
    assert desk.evaluate(STOP)["name"] == names[-1]


# ── K2: every key ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(params=["latin", "hangul"])
def keys(request, desk) -> Keys:
    return Keys(desk, hangul=request.param == "hangul")


def test_keys_walk_through_the_list_and_into_the_conversation(desk, keys, waiting):
    first, second, third = waiting(3)
    visit(desk, "/inbox/mine/")
    keys.press("j")
    assert focused(desk) == f"row-{first.pk}"
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(first.pk))
    keys.type("jj")
    assert focused(desk) == f"row-{third.pk}"
    keys.press("k")
    assert focused(desk) == f"row-{second.pk}"
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(second.pk))
    keys.press("o")
    expect(desk.locator("#conversation")).to_be_focused()
    keys.press("r")
    expect(desk.locator("#reply")).to_be_focused()
    desk.keyboard.press("Escape")
    keys.press("n")
    expect(desk.locator("#note")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#scroller")).to_be_focused()
    desk.keyboard.press("Escape")
    assert focused(desk) == f"row-{second.pk}"
    keys.press("x")
    expect(row(desk, second).locator(".row__pick")).to_be_checked()
    keys.press("x")
    expect(row(desk, second).locator(".row__pick")).not_to_be_checked()
    keys.press("J")
    expect(desk.locator(".row__pick:checked")).to_have_count(2)
    desk.locator("[data-command=deselect]").click()
    keys.press("s")
    expect(desk.locator("#filter-q")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#filter")).to_be_hidden()
    desk.keyboard.press("ArrowDown")
    assert focused(desk).startswith("row-")


def test_keys_open_what_one_chooses_from(desk, keys, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    for sign in "athl":
        keys.press(sign)
        expect(desk.locator("#picker-q")).to_be_focused()
        desk.keyboard.press("Escape")
        expect(desk.locator("#picker")).to_be_hidden()
    keys.press("?")
    expect(desk.locator("#shortcuts input")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#shortcuts")).to_be_hidden()
    keys.press("c")
    expect(desk.locator("#start")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#start")).to_have_count(0)
    side = desk.locator("#side")
    expect(side).to_be_visible()
    keys.press("]")
    expect(side).to_be_hidden()
    keys.press("]")
    expect(side).to_be_visible()
    keys.press("[")
    expect(desk.locator("#views")).to_be_hidden()
    keys.press("[")
    expect(desk.locator("#views")).to_be_visible()


def test_keys_decide(desk, keys, write, bob):
    talk = write("Hello").conversation
    visit(desk, f"/conversations/{talk.pk}/")
    expect(desk.locator("#scroller")).to_be_visible()
    keys.press("i")
    until(desk, lambda: fresh(talk).assignee == bob)
    keys.type("p4")
    until(desk, lambda: fresh(talk).priority == 4)
    keys.press("e")
    until(desk, lambda: fresh(talk).status == "resolved")
    keys.press("E")
    until(desk, lambda: fresh(talk).status == "open")
    # The open thread marks what it shows as read, a moment later.
    until(desk, lambda: fresh(talk).read_marks.filter(revision=fresh(talk).revision).exists())
    keys.press("u")
    until(desk, lambda: fresh(talk).read_marks.filter(revision=0).exists())
    expect(desk.locator("#toasts [data-undo]").first).to_be_visible()


def test_keys_go_to_places(desk, keys, waiting, support):
    waiting(1)
    visit(desk, "/inbox/mine/")
    for sign, view in (
        ("u", "unassigned"),
        ("m", "mentions"),
        ("s", "snoozed"),
        ("t", f"team-{support.pk}"),
        ("i", "mine"),
    ):
        keys.type(f"g{sign}")
        expect(desk.locator("#list")).to_have_attribute("data-view", view)
    keys.type("gc")
    expect(desk).to_have_url("/customers/")


def test_control_keys_and_f6_work_from_within_the_text(desk, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    desk.keyboard.press("r")
    desk.keyboard.press("Control+Shift+K")
    expect(desk.locator("#routes")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    expect(desk.locator("#reply")).to_be_focused()
    desk.keyboard.press("F6")
    assert desk.evaluate("document.activeElement.closest('#side') !== null")
    desk.keyboard.press("F6")
    assert focused(desk) == f"row-{talk.pk}"
    desk.keyboard.press("F6")
    expect(desk.locator("#scroller")).to_be_focused()
    desk.keyboard.press("Shift+F6")
    assert focused(desk) == f"row-{talk.pk}"


def test_no_key_fires_in_a_field_or_in_a_dialog(desk, keys, waiting):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/?view=mine")
    desk.locator("#reply").focus()
    keys.type("eizu")
    expect(desk.locator("#reply")).not_to_have_value("")
    desk.keyboard.press("Escape")
    keys.press("?")
    desk.locator("#shortcuts button").first.focus()
    keys.type("ei")
    desk.keyboard.press("Escape")
    keys.press("s")
    keys.type("ej")
    desk.keyboard.press("Escape")
    assert [fresh(one).status for one in (first, second)] == ["open", "open"]
    assert rows(desk) == ids(first, second)
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(first.pk))


def test_the_filter_narrows_the_list_and_leaves_the_conversation_open(desk, waiting):
    first, second, third = waiting(3)
    visit(desk, f"/conversations/{first.pk}/?view=mine")
    desk.locator("#reply").fill("half a sent")
    desk.locator("#scroller").focus()
    desk.keyboard.press("s")
    desk.keyboard.type("customer 1")
    until(desk, lambda: rows(desk) == ids(second))
    expect(desk.locator("#filter-q")).to_be_focused()
    expect(desk.locator("#reply")).to_have_value("half a sent")
    desk.reload()
    expect(desk.locator("#filter-q")).to_have_value("customer 1")
    assert rows(desk) == ids(second)
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(first.pk))
    desk.locator("#filter-q").focus()
    desk.keyboard.press("Escape")
    until(desk, lambda: rows(desk) == ids(first, second, third))
    expect(link(desk, first)).to_have_attribute("aria-current", "true")


def test_keys_do_nothing_while_an_input_method_composes(desk, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    event = {"key": "Process", "code": "KeyE", "windowsVirtualKeyCode": 229}
    desk.context.new_cdp_session(desk).send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
    desk.wait_for_timeout(300)
    assert fresh(talk).status == "open"


def test_whoever_turned_letters_off_has_them_off(desk, waiting, bob):
    [talk] = waiting(1)
    User.objects.filter(pk=bob.pk).update(shortcuts="off")
    visit(desk, f"/conversations/{talk.pk}/")
    Keys(desk).type("er?")
    expect(desk.locator("#reply")).not_to_be_focused()
    expect(desk.locator("#shortcuts")).to_be_hidden()
    desk.keyboard.press("Control+k")
    expect(desk.locator(COMMAND)).to_be_visible()
    assert fresh(talk).status == "open"


def test_whoever_chose_alt_uses_alt(desk, waiting, bob):
    [talk] = waiting(1)
    User.objects.filter(pk=bob.pk).update(shortcuts="alt")
    visit(desk, f"/conversations/{talk.pk}/")
    desk.keyboard.press("e")
    desk.keyboard.press("Alt+r")
    expect(desk.locator("#reply")).to_be_focused()
    assert fresh(talk).status == "open"
    desk.keyboard.press("Alt+e")
    until(desk, lambda: fresh(talk).status == "resolved")


# ── K3: the palette ──────────────────────────────────────────────────────────────────────────────────────────────────
def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator(f"{COMMAND} [role=option]").first).to_be_visible()


@pytest.mark.parametrize("opener", ["#reply", "#scroller", "#filter-q", "a.row"])
def test_the_palette_opens_from_anywhere_and_gives_the_focus_back(desk, waiting, opener):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    if opener == "#filter-q":
        desk.keyboard.press("s")
    desk.locator(opener).first.focus()
    palette(desk)
    expect(desk.locator("#command-q")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator(COMMAND)).to_be_hidden()
    expect(desk.locator(opener).first).to_be_focused()


def test_the_palettes_first_look_takes_150_ms_at_the_most(desk, waiting):
    [talk] = waiting(1)
    with desk.expect_response("**/command/**"):
        visit(desk, f"/conversations/{talk.pk}/")
    took = desk.evaluate(
        """() => new Promise((done) => {
            const began = performance.now()
            const look = () => document.querySelector("#command[open] [role=option]") && done(performance.now() - began)
            const all = { childList: true, subtree: true, attributes: true }
            new MutationObserver(look).observe(document.getElementById("command"), all)
            document.querySelector("[data-command=palette]").click()
        })"""
    )
    assert took <= 150


def test_the_palette_finds_by_initial_consonants_runs_and_opens(desk, waiting, write):
    [talk] = waiting(1)
    write("안녕하세요", "haneul", name="김하늘")
    visit(desk, f"/conversations/{talk.pk}/")
    palette(desk)
    desk.keyboard.type("ㄱㅎㄴ")
    expect(desk.locator(f"{COMMAND} [role=option]", has_text="김하늘").first).to_be_visible()
    desk.keyboard.press("Escape")
    palette(desk)
    desk.keyboard.type("resol")
    option = desk.locator(f"{COMMAND} [role=option][aria-selected=true]")
    expect(option).to_contain_text("Resolve")
    expect(option).to_contain_text("E")
    desk.keyboard.press("Enter")
    until(desk, lambda: fresh(talk).status == "resolved")
    expect(desk.locator(COMMAND)).to_be_hidden()


def test_the_palette_without_a_server_says_so(desk, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    desk.route("**/command/**", lambda route: route.abort())
    desk.keyboard.press("Control+k")
    desk.keyboard.type("zzz")
    expect(desk.locator("#command-list")).to_contain_text("The server does not answer")
    assert link(desk, talk).count() == 1
