"""The list in a real browser: it keeps itself true and never moves under the cursor; decisions can be taken back."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import Team
from conversations.actions import replies, state
from conversations.models import Conversation, Delivery, ReadMark
from conversations.reach import routes_of
from customers.models import Customer
from tests.browser.steps import Keys, elsewhere, focused, ids, link, row, rows, until, visit

SEOUL = ZoneInfo("Asia/Seoul")


# ── A1–A4: rows ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_raises_its_row_within_a_second_and_the_row_stays_the_same_node(desk, waiting, write):
    newest, *_, oldest = waiting(4)
    visit(desk, "/inbox/mine/")
    assert rows(desk)[-1] == str(oldest.pk)
    state.mark_read(oldest, agent=oldest.assignee)
    expect(row(desk, oldest).locator(".udot")).to_have_count(0)
    row(desk, oldest).evaluate("row => { window.row = row; window.seen = performance.now() }")
    write("Are you there?", "customer 0")
    expect(row(desk, oldest).locator(".row__pre")).to_have_text("Are you there?", timeout=1500)
    expect(row(desk, oldest).locator(".udot")).to_be_visible()
    assert row(desk, oldest).evaluate("row => row === window.row")
    assert rows(desk)[0] == str(oldest.pk)
    assert newest.pk != oldest.pk
    due = row(desk, oldest).locator(".chip[data-due]")
    expect(due).to_be_visible()
    replies.reply(oldest, by=oldest.assignee, text="I am", route=routes_of(oldest)[0])
    expect(due).to_have_count(0)


def test_a_push_moves_neither_the_focus_nor_the_scroll(desk, waiting, write):
    line = waiting(14)
    desk.set_viewport_size({"width": 1280, "height": 600})
    visit(desk, "/inbox/mine/")
    desk.locator("#list-body").evaluate("list => { list.scrollTop = 200 }")
    link(desk, line[6]).focus()
    before = desk.evaluate(
        "() => [document.activeElement.closest('li').id, document.getElementById('list-body').scrollTop]"
    )
    write("A word more", "customer 7")
    expect(row(desk, line[6]).locator(".row__pre")).to_have_text("A word more")
    after = desk.evaluate(
        "() => [document.activeElement.closest('li').id, document.getElementById('list-body').scrollTop]"
    )
    assert after == before


def test_nothing_reorders_under_the_pointer_and_the_pill_counts(desk, waiting, write, bob):
    first, second, third = waiting(3)
    visit(desk, "/inbox/mine/")
    link(desk, second).hover()
    write("Me again", "customer 0")
    state.assign(write("I am new", "somebody").conversation, to=bob, by=bob)
    pill = desk.locator(".newpill")
    expect(pill).to_contain_text("Show 2 new conversations")
    expect(row(desk, third).locator(".row__pre")).to_have_text("Me again")
    assert rows(desk) == ids(first, second, third)
    desk.keyboard.press(".")
    expect(pill).to_be_hidden()
    new = Conversation.objects.get(customer__name="Somebody")
    assert rows(desk) == ids(new, third, first, second)


def test_what_waited_is_applied_when_the_pointer_leaves(desk, waiting, write):
    first, second = waiting(2)
    visit(desk, "/inbox/mine/")
    link(desk, first).hover()
    write("Me again", "customer 0")
    expect(desk.locator(".newpill")).to_contain_text("Show 1 new conversation")
    desk.mouse.move(900, 300)
    expect(desk.locator(".newpill")).to_be_hidden()
    assert rows(desk) == ids(second, first)


def test_a_row_with_the_keyboards_focus_holds_the_order_too(desk, waiting, write):
    first, second = waiting(2)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("j")
    assert focused(desk) == f"row-{first.pk}"
    write("Me again", "customer 0")
    expect(desk.locator(".newpill")).to_be_visible()
    assert rows(desk) == ids(first, second)
    desk.locator(".newpill").click()
    assert rows(desk) == ids(second, first)


def test_a_row_that_the_agent_may_no_longer_see_leaves_with_a_word(desk, waiting, ada, sales):
    first, second = waiting(2)
    for one in (first, second):
        state.assign(one, to=None, by=ada)
    visit(desk, "/inbox/unassigned/")
    name = row(desk, first).locator(".row__who").inner_text()
    state.set_team(first, team=sales, by=ada)
    expect(row(desk, first)).to_have_count(0)
    notice = desk.locator("#toasts [data-toast]")
    expect(notice).to_contain_text(f"{name} went to a team whose conversations you do not see")
    state.assign(second, to=ada, by=ada)
    expect(row(desk, second)).to_have_count(0)
    expect(notice).to_have_count(1)


def test_when_the_focused_row_is_taken_away_the_next_one_has_the_focus(desk, waiting, ada):
    first, second, third = waiting(3)
    visit(desk, "/inbox/mine/")
    link(desk, second).focus()
    state.assign(second, to=ada, by=ada)
    expect(row(desk, second)).to_have_count(0)
    assert focused(desk) == f"row-{third.pk}"
    state.assign(third, to=ada, by=ada)
    expect(row(desk, third)).to_have_count(0)
    assert focused(desk) == f"row-{first.pk}"
    state.assign(first, to=ada, by=ada)
    expect(row(desk, first)).to_have_count(0)
    assert focused(desk) == "list-h"
    expect(desk.locator(".list__empty")).to_contain_text("All done")


def fill(support: Team, number: int) -> list[Conversation]:
    """So many conversations at once: writing each would take longer than the test."""
    customers = Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(number))
    now = timezone.now()
    return Conversation.objects.bulk_create(
        Conversation(
            customer=one, subject=one.name, preview="Hello", team=support, active_at=now - timedelta(minutes=n)
        )
        for n, one in enumerate(customers)
    )


def test_a_hundred_updates_of_500_rows_cost_16_ms_each_at_the_most(desk, support, ada):
    line = fill(support, 500)
    visit(desk, "/inbox/all/")
    body = desk.locator("#list-body")
    for _ in range(9):
        before = desk.locator("#rows > li[data-id]").count()
        body.evaluate("list => { list.scrollTop = list.scrollHeight }")
        expect(desk.locator("#rows > li[data-id]")).to_have_count(before + 50)
    body.evaluate("list => { list.scrollTop = 0 }")
    devtools = desk.context.new_cdp_session(desk)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    spent = script_seconds(devtools)
    changed = line[::5]
    for one in changed:
        replies.note(one, by=ada, text="Changed")
    expect(desk.locator(".row__pre", has_text="Changed")).to_have_count(100, timeout=20_000)
    each = (script_seconds(devtools) - spent) / len(changed) * 1000
    assert each <= 16, f"{each:.1f} ms"
    keys = desk.locator("#rows > li[data-id]").evaluate_all("rows => rows.map((row) => row.dataset.key)")
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == 500


def script_seconds(devtools) -> float:
    """The processor time that the page's scripts took so far, whatever else the machine does."""
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return metrics["ScriptDuration"]


def test_a_push_leaves_a_tick_where_it_is(desk, waiting, write):
    _first, second = waiting(2)
    visit(desk, "/inbox/mine/")
    row(desk, second).locator(".row__pick").check(force=True)
    write("Me again", "customer 0")
    expect(row(desk, second).locator(".row__pre")).to_have_text("Me again")
    expect(row(desk, second).locator(".row__pick")).to_be_checked()


def test_rows_that_could_not_be_fetched_are_asked_for_again(desk, waiting, write):
    [talk] = waiting(1)
    visit(desk, "/inbox/mine/")
    expect(row(desk, talk)).to_be_visible()
    failed = []
    desk.route(re.compile("/inbox/mine/"), lambda route: failed.append(route.request.url) or route.fulfill(status=502))
    write("Hello?", "customer 0")
    until(desk, lambda: failed)
    desk.unroute(re.compile("/inbox/mine/"))
    expect(row(desk, talk).locator(".row__pre")).to_have_text("Hello?", timeout=8000)


def test_what_is_marked_unread_at_once_stays_unread_though_its_pane_is_open(desk, waiting, bob):
    first, _second = waiting(2)
    visit(desk, "/inbox/mine/")
    link(desk, first).click()
    expect(desk.locator("#messages .m")).to_have_count(1)
    desk.keyboard.press("u")
    expect(desk.locator("#toasts [data-toast]")).to_have_count(1)
    desk.wait_for_timeout(900)
    assert not has_read(first, bob)
    expect(row(desk, first).locator(".udot")).to_be_visible()


def has_read(conversation: Conversation, agent) -> bool:
    """Whether the agent has read what the customer wrote last."""
    conversation.refresh_from_db()
    seen = ReadMark.objects.filter(conversation=conversation, agent=agent).first()
    return seen is not None and seen.revision >= conversation.last_inbound_revision


# ── A8: out of sight ─────────────────────────────────────────────────────────────────────────────────────────────────
HIDE = "Object.defineProperty(Document.prototype, 'hidden', { get: () => window.isHidden === true })"
LISTEN = "window.sounds = 0; document.addEventListener('desk:sounded', () => { window.sounds += 1 })"


def test_a_hidden_tab_counts_in_its_title_and_of_three_tabs_one_makes_a_sound(desk, waiting, write):
    waiting(1)
    desk.context.add_init_script(f"{HIDE}; {LISTEN}")
    desk.context.add_init_script("localStorage.setItem('desk.sound', 'on')")
    tabs = [desk, desk.context.new_page(), desk.context.new_page()]
    for tab in tabs:
        visit(tab, "/inbox/mine/")
        until(tab, lambda tab=tab: re.match(r"\(1\) ", tab.title()))
    tabs[2].evaluate("window.isHidden = true")
    other = write("I am new", "somebody").conversation
    state.assign(other, to=Conversation.objects.first().assignee, by=None)
    for tab in tabs:
        until(tab, lambda tab=tab: tab.title().startswith("(2) "), 25)
    desk.wait_for_timeout(100)
    assert sum(tab.evaluate("window.sounds") for tab in tabs) == 1
    assert rows(tabs[2]) == rows(desk)[1:]
    tabs[2].evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(row(tabs[2], other)).to_be_visible()


# ── A10, A11: sockets ────────────────────────────────────────────────────────────────────────────────────────────────
EAVESDROP = """topics => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws/desk/")
    socket.onopen = () => { for (const topic of topics) socket.send(JSON.stringify({ type: "watch", topic })) }
}"""


def test_who_may_not_see_a_conversation_hears_nothing_of_it(desk, browser, base_url, sign_in, eve, waiting, write):
    [talk] = waiting(1)
    hers = elsewhere(browser, base_url, sign_in, eve)
    heard: dict[str, list[str]] = {"bob": [], "eve": []}
    pages = {"bob": desk, "eve": hers.new_page()}
    for name, page in pages.items():
        page.on("websocket", lambda ws, to=heard[name]: ws.on("framereceived", lambda frame: to.append(str(frame))))
        visit(page, "/inbox/all/")
    visit(desk, f"/conversations/{talk.pk}/")
    secret = "The code is 4711"
    pages["eve"].evaluate(EAVESDROP, [talk.topic, "inbox-all"])
    until(desk, lambda: any("refused" in frame for frame in heard["eve"]))
    write(secret, "customer 0")
    expect(desk.locator("#messages")).to_contain_text(secret)
    until(desk, lambda: any(talk.topic in frame for frame in heard["bob"]))
    pages["eve"].wait_for_timeout(300)
    about = [frame for frame in heard["eve"] if "refused" not in frame]
    assert not [frame for frame in about if talk.topic in frame or f'"conversation":{talk.pk}' in frame]
    assert not [frame for frame in heard["bob"] + heard["eve"] if secret in frame]
    assert pages["eve"].request.get(f"/conversations/{talk.pk}/pane/").status == 404
    assert secret not in pages["eve"].request.get(f"/inbox/all/rows/?ids={talk.pk}").text()
    pages["eve"].goto(f"/conversations/{talk.pk}/")
    expect(pages["eve"].locator("#conversation, main")).not_to_contain_text(secret)
    hers.close()


def test_every_cold_load_gets_its_socket(desk):
    devtools = desk.context.new_cdp_session(desk)
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    for _ in range(50):
        visit(desk, "/inbox/mine/")


# ── A13: undo ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def opened(desk, waiting) -> Conversation:
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    return talk


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


@pytest.mark.parametrize(
    ("signs", "column", "value"), [("e", "status", "resolved"), ("h1", "status", "snoozed"), ("p4", "priority", 4)]
)
def test_z_takes_back_each_decision(desk, opened, signs, column, value):
    before = getattr(fresh(opened), column)
    desk.keyboard.press(signs[0])
    if signs == "h1":
        expect(desk.locator("#picker-q")).to_be_focused()
    Keys(desk).type(signs[1:])
    until(desk, lambda: getattr(fresh(opened), column) == value)
    expect(desk.locator("#toasts [data-undo]")).to_have_count(1)
    desk.keyboard.press("z")
    until(desk, lambda: getattr(fresh(opened), column) == before)
    expect(desk.locator("#toasts")).to_contain_text("Undone")


def test_z_takes_back_an_assignment_and_a_tag(desk, write, support):
    talk = write("Hello").conversation
    visit(desk, f"/conversations/{talk.pk}/")
    desk.keyboard.press("i")
    until(desk, lambda: fresh(talk).assignee)
    expect(desk.locator("#conv-ctx")).to_contain_text("Bob")
    expect(desk.locator("#toasts [data-undo]")).to_have_count(1)
    desk.keyboard.press("z")
    until(desk, lambda: fresh(talk).assignee is None)
    expect(desk.locator("#conv-ctx")).not_to_contain_text("Bob")
    desk.keyboard.press("l")
    expect(desk.locator("#picker-q")).to_be_focused()
    desk.keyboard.type("late")
    desk.keyboard.press("Enter")
    until(desk, lambda: fresh(talk).tags.filter(name="late").exists())
    expect(desk.locator("#toasts [data-undo]")).to_have_count(1)
    desk.keyboard.press("z")
    until(desk, lambda: not fresh(talk).tags.exists())


def test_z_stops_a_letter_that_has_not_left(desk, letter, mail):
    talk = letter("Where is it?", subject="My order").conversation
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("#reply").fill("On its way")
    desk.keyboard.press("Control+Enter")
    until(desk, lambda: Delivery.objects.filter(state=Delivery.State.QUEUED).exists())
    expect(desk.locator("#toasts [data-undo]")).to_be_visible()
    desk.locator("#scroller").focus()
    desk.keyboard.press("z")
    until(desk, lambda: Delivery.objects.get().state == Delivery.State.CANCELLED)
    expect(desk.locator("#reply")).to_have_value("On its way")


def test_decisions_in_quick_succession_are_all_carried_out(desk, opened):
    until(desk, lambda: fresh(opened).read_marks.exists())
    Keys(desk).type("p3up1p4")
    until(desk, lambda: fresh(opened).priority == 4)
    changes = fresh(opened).events.filter(kind="priority_changed").order_by("pk")
    assert [change.data["to"] for change in changes] == [3, 1, 4]


# ── A14: snoozed ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_snoozed_conversation_returns_on_top_and_unread_at_the_chosen_local_time(desk, waiting, bob):
    _newer, talk = waiting(2)
    state.mark_read(talk, agent=bob)
    visit(desk, "/inbox/mine/")
    link(desk, talk).focus()
    desk.keyboard.press("h")
    desk.locator("#picker [data-key='3']").click()
    expect(row(desk, talk)).to_have_count(0)
    until(desk, lambda: fresh(talk).status == "snoozed")
    local = fresh(talk).snoozed_until.astimezone(SEOUL)
    tomorrow = (datetime.now(SEOUL) + timedelta(days=1)).date()
    assert (local.date(), local.hour, local.minute) == (tomorrow, 9, 0)
    state.wake_due()
    assert fresh(talk).status == "snoozed"
    Conversation.objects.filter(pk=talk.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))
    state.wake_due()
    desk.mouse.move(900, 300)
    expect(row(desk, talk)).to_be_visible()
    assert rows(desk)[0] == str(talk.pk)
    expect(row(desk, talk).locator(".udot")).to_be_visible()


# ── A15: addresses ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_back_and_forward_restore_address_selection_and_scroll(desk, waiting):
    line = waiting(14)
    desk.set_viewport_size({"width": 1280, "height": 600})
    visit(desk, "/inbox/mine/")
    walked = [line[1], line[6], line[12]]
    addresses = []
    for one in walked:
        link(desk, one).click()
        expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(one.pk))
        addresses.append(desk.url)
    scrolled = desk.locator("#list-body").evaluate("list => list.scrollTop")
    assert scrolled > 0
    assert len(set(addresses)) == 3
    for one, address in list(zip(walked, addresses, strict=True))[1::-1]:
        desk.go_back()
        expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(one.pk))
        expect(link(desk, one)).to_have_attribute("aria-current", "true")
        assert desk.url == address
    desk.go_back()
    expect(desk.locator("#conversation")).not_to_have_attribute("data-conversation", re.compile("."))
    assert desk.url.endswith("/inbox/mine/")
    for one in walked:
        desk.go_forward()
        expect(link(desk, one)).to_have_attribute("aria-current", "true")
    expect(link(desk, walked[-1])).to_be_in_viewport()
    desk.reload()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(walked[-1].pk))
    expect(link(desk, walked[-1])).to_have_attribute("aria-current", "true")
    assert desk.locator("#rows > li[data-id]").count() == 14


def test_back_to_another_list_brings_its_rows_and_its_place(desk, waiting, write):
    line = waiting(14)
    write("Nobody's", "somebody")
    desk.set_viewport_size({"width": 1280, "height": 600})
    visit(desk, "/inbox/mine/")
    desk.locator("#list-body").evaluate("list => { list.scrollTop = 300 }")
    link(desk, line[7]).click()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(line[7].pk))
    top = desk.locator("#list-body").evaluate("list => list.scrollTop")
    desk.locator(".vlink[data-view=unassigned]").click()
    expect(desk.locator("#list-h")).to_contain_text("Unassigned")
    expect(desk.locator("#rows > li[data-id]")).to_have_count(1)
    desk.go_back()
    expect(desk.locator("#rows > li[data-id]")).to_have_count(14)
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(line[7].pk))
    until(desk, lambda: abs(desk.locator("#list-body").evaluate("list => list.scrollTop") - top) < 90)
    expect(desk.locator(".vlink[data-view=mine]")).to_have_attribute("aria-current", "page")


# ── A16: several at once ─────────────────────────────────────────────────────────────────────────────────────────────
def test_twenty_are_resolved_at_once_and_come_back_together(desk, waiting):
    waiting(20)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("j")
    desk.keyboard.press("Control+a")
    expect(desk.locator(".bulkbar__n")).to_have_text("20 selected")
    desk.keyboard.press("e")
    expect(desk.locator("#rows > li[data-id]")).to_have_count(0)
    assert Conversation.objects.filter(status="resolved").count() == 20
    desk.keyboard.press("z")
    expect(desk.locator("#rows > li[data-id]")).to_have_count(20)
    assert Conversation.objects.filter(status="open").count() == 20


def test_what_could_not_be_done_says_which_and_why(desk, waiting, ada, write):
    first, second, third = waiting(3)
    other = write("The same matter again", "customer 3").conversation
    visit(desk, "/inbox/mine/?segment=resolved")
    for one in (first, second, third):
        state.resolve(one, by=ada)
    expect(desk.locator("#rows > li[data-id]")).to_have_count(3)
    # Merged into another meanwhile, which this page has not heard of yet.
    desk.route("**/rows/**", lambda route: route.abort())
    Conversation.objects.filter(pk=second.pk).update(merged_into=other)
    desk.keyboard.press("j")
    desk.keyboard.press("Control+a")
    desk.keyboard.press("Shift+E")
    failed = desk.locator(".toast__failed")
    expect(failed).to_contain_text(f"#{second.pk}")
    expect(failed).to_contain_text("This conversation was merged into another.")
    expect(failed.locator("li")).to_have_count(1)
    assert {fresh(one).status for one in (first, third)} == {"open"}
    assert fresh(second).status == "resolved"


def test_shift_extends_the_selection_and_x_takes_one_out(desk, waiting):
    first, second, third = waiting(3)
    page: Page = visit(desk, "/inbox/mine/")
    page.keyboard.press("j")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.locator(".bulkbar__n")).to_have_text("3 selected")
    page.keyboard.press("x")
    expect(page.locator(".bulkbar__n")).to_have_text("2 selected")
    assert focused(page) == f"row-{third.pk}"
    page.keyboard.press("p")
    page.keyboard.press("4")
    until(page, lambda: fresh(first).priority == fresh(second).priority == 4)
    assert fresh(third).priority == 2
