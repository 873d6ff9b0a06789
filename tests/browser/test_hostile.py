"""What strangers send is text: it runs nothing, asks for nothing, moves nothing of the page, wherever it is shown."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from agents.models import Team
from conversations.actions import drafts, replies, state
from conversations.models import Conversation, SavedReply
from conversations.reach import routes_of
from tests.browser.steps import bubbles, until, visit

EVIL = (
    "<script>window.hacked = 1</script><img src=/evil.png onerror='window.hacked = 1'>"
    "<div id=toasts hx-swap-oob=true>gone</div><b hx-get=/evil/ hx-trigger=load>x</b>"
    "<form action=/evil/><button>go</button></form><style>body { display: none }</style>"
    '<iframe src=/evil/></iframe><a href=\'javascript:window.hacked=1\'>y</a>" onmouseover="window.hacked = 1" {{ 7 }}'
)
SHORT = "<img src=/evil.png onerror='window.hacked=1'><b hx-get=/evil/ hx-trigger=load>x</b>"
HTML = f"<p onclick='window.hacked = 1' id=composer class=composer style='position:fixed;inset:0'>Dear shop</p>{EVIL}"
SAFE = {"'self'", "'none'", "data:", "blob:"}


@pytest.fixture
def attack(write, letter, bob, ada, support) -> Conversation:
    """Every text that can come from outside, and those of agents too, is hostile."""
    old = write(EVIL, "older", name=SHORT).conversation
    first = letter(EVIL, "mallory@evil.example", name=SHORT, subject=SHORT, html=HTML)
    talk = first.conversation
    replies.note(talk, by=ada, text=EVIL)
    replies.reply(
        talk, by=ada, text=f"**{EVIL}** [link](javascript:alert(1)) ![x](/evil.png)", route=routes_of(talk)[0]
    )
    letter(
        EVIL, "mallory@evil.example", name=SHORT, subject=SHORT, html=f"Thanks<blockquote>{EVIL}</blockquote>", to=first
    )
    state.add_tag(talk, name=SHORT[:60], by=bob)
    write(EVIL, "mallory", name=SHORT)
    customer = talk.customer
    customer.name, customer.notes = SHORT, EVIL
    customer.facts = {"stats": [{"label": SHORT, "value": SHORT}], "lines": {SHORT: SHORT}, "orders": [{"name": SHORT}]}
    customer.save()
    Conversation.objects.filter(pk=old.pk).update(customer=customer, subject=SHORT)
    SavedReply.objects.create(title=SHORT, shortcut="evil", body=EVIL)
    Team.objects.create(name=SHORT[:50], colour=3)
    return talk


class Watch:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def harm(self, page: Page) -> list[str]:
        page.wait_for_load_state("networkidle")
        found = [f"asked for {url}" for url in self.asked if "evil" in url.split("?")[0]]
        found += [f"policy: {line}" for line in self.said if "Content Security Policy" in line]
        return found + page.evaluate(
            """() => [
                window.hacked && "ran a script",
                getComputedStyle(document.body).display === "none" && "took a style",
                document.querySelector("[hx-get='/evil/'], [action='/evil/'], [src*=evil]") && "took markup",
                document.querySelector("[onerror], [onclick], [onmouseover], a[href^='javascript:']") && "took a handler",
                document.getElementById("toasts")?.textContent.includes("gone") && "swapped out of band",
            ].filter(Boolean)"""
        )


@pytest.fixture
def watch(desk) -> Watch:
    return Watch(desk)


def test_in_the_conversation_and_in_everything_around_it(desk, watch, attack):
    visit(desk, f"/conversations/{attack.pk}/")
    expect(desk.locator(".mailframe").first).to_be_visible()
    expect(desk.locator(".m--note")).to_contain_text("<script>window.hacked = 1</script>")
    expect(desk.locator("#side .who__name")).to_contain_text("<img src=/evil.png")
    expect(desk.locator("#side .side__notes")).to_contain_text("<b hx-get=/evil/ hx-trigger=load>")
    assert watch.harm(desk) == []
    for fold in desk.locator("details.ep > summary, details.fold > summary").all():
        fold.click()
    expect(desk.locator(".ep__body")).not_to_have_text("")
    desk.locator("[data-menu]").first.click()
    expect(desk.locator("#message-menu")).to_be_visible()
    assert watch.harm(desk) == []


def test_in_a_letter_even_when_its_images_are_asked_for(desk, watch, attack):
    visit(desk, f"/conversations/{attack.pk}/")
    frame = desk.locator(".mailframe").first
    expect(frame).to_be_visible()
    sandbox = frame.get_attribute("sandbox")
    assert "allow-scripts" not in sandbox
    assert "allow-forms" not in sandbox
    inside = frame.element_handle().content_frame()
    inside.wait_for_load_state()
    assert inside.locator("body").inner_text().startswith("Dear shop")
    assert (
        inside.locator("script, form, iframe, style:not(head style), [onclick], [onerror], [id], [hx-get]").count() == 0
    )
    reveal = desk.get_by_role("button", name="Show images")
    if reveal.count():
        reveal.first.click()
    found = [line for line in watch.harm(desk) if "/evil.png" not in line]
    assert found == []


def test_in_the_list_the_search_the_palette_and_the_pickers(desk, watch, attack):
    visit(desk, "/inbox/all/")
    expect(desk.locator("#rows .row__sub").first).to_contain_text("<img src=/evil.png")
    assert watch.harm(desk) == []
    for sign in "atl":
        desk.keyboard.press("j")
        desk.keyboard.press(sign)
        expect(desk.locator("#picker-q")).to_be_focused()
        assert watch.harm(desk) == []
        desk.keyboard.press("Escape")
        expect(desk.locator("#picker")).to_be_hidden()
    desk.keyboard.press("Control+k")
    desk.keyboard.type("img")
    expect(desk.locator("#command [role=option]", has_text="<img").first).to_be_visible()
    assert watch.harm(desk) == []
    for path in (
        f"/search/?q={quote(SHORT)}",
        "/search/?q=evil",
        f"/inbox/all/?q={quote(SHORT)}",
        f"/customers/{attack.customer_id}/",
    ):
        visit(desk, path)
        assert watch.harm(desk) == [], path


def test_what_is_pushed_is_text_too(desk, watch, attack, letter, write, bob):
    visit(desk, f"/conversations/{attack.pk}/")
    before = desk.locator("#messages > .m").count()
    replies.note(attack, by=bob, text=EVIL)
    first = attack.messages.filter(kind="inbound").earliest("pk")
    letter(EVIL, "mallory@evil.example", name=SHORT, subject=f"Re: {SHORT}", html=HTML, to=first)
    expect(desk.locator("#messages > .m")).to_have_count(before + 2)
    write(EVIL, "mallory", name=SHORT)
    until(desk, lambda: "window.hacked" in desk.locator("#rows .row__pre").first.inner_text())
    assert watch.harm(desk) == []


def test_what_an_agent_writes_is_text_too(desk, watch, write, bob):
    talk = write("Hello").conversation
    drafts.save_draft(talk, agent=bob, kind="note", text=f"</textarea>{EVIL}")
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("[data-mode-tab=note]").click()
    expect(desk.locator("#note")).to_have_value(f"</textarea>{EVIL}")
    desk.locator("[data-mode-tab=reply]").click()
    desk.locator("#reply").fill(EVIL)
    desk.locator("[data-toggle-preview]").click()
    expect(desk.locator("#preview")).to_be_visible()
    assert watch.harm(desk) == []
    desk.locator("#reply").fill(EVIL)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".m--pending")).to_have_count(0)
    assert "<script>window.hacked = 1</script>" in bubbles(desk)[-1]
    assert watch.harm(desk) == []


@pytest.mark.parametrize(
    "path", ["/inbox/all/", "/conversations/{}/", "/search/?q=x", "/customers/", "/agents/me/", "/accounts/login/"]
)
def test_the_policy_of_every_page_has_nothing_unsafe(desk, attack, path):
    answer = desk.goto(path.format(attack.pk))
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";") if rule.strip())
    assert set(re.sub(r"'nonce-[^']+'", "", rules["script-src"]).split()) <= SAFE - {"data:", "blob:"}
    assert rules["default-src"] == rules.get("object-src", "'none'") == "'none'"
    assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "*" not in policy


def test_the_policy_stops_what_would_slip_through(desk, attack):
    visit(desk, f"/conversations/{attack.pk}/")
    desk.evaluate(
        """() => {
            const [node, script] = ["div", "script"].map((name) => document.createElement(name))
            node.innerHTML = "<img src=x onerror='window.hacked = 1'>"
            script.textContent = "window.hacked = 1"
            document.body.append(node, script)
        }"""
    )
    desk.wait_for_timeout(200)
    assert desk.evaluate("window.hacked") is None
