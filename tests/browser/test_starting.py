"""A conversation that an agent opens: files go along as from the composer."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Attachment, Message
from tests.browser.steps import until, visit

# One black dot: what cannot be shown has no picture beside its name.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
PASTE = f"""field => {{ const data = new DataTransfer();
const bytes = Uint8Array.from(atob("{DOT}"), (sign) => sign.charCodeAt());
data.items.add(new File([bytes], "shot.png", {{ type: "image/png" }}));
field.dispatchEvent(new ClipboardEvent("paste", {{ clipboardData: data, bubbles: true, cancelable: true }})) }}"""
DROP = """field => { const data = new DataTransfer(); data.items.add(new File(["c"], "c.txt", { type: "text/plain" }));
for (const name of ["dragover", "drop"])
  field.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true })) }"""


@pytest.fixture
def dialog(desk: Page, waiting, mail):
    """The dialog, opened over the inbox and filled in but for its files."""
    waiting(1)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("c")
    dialog = desk.locator("#start")
    dialog.locator("[name=address]").fill("dave@home.example")
    dialog.locator("[name=subject]").fill("Your order")
    dialog.locator("[name=text]").fill("See what I attach")
    return dialog


def files(dialog):
    return dialog.locator(".file b")


def send(dialog) -> None:
    dialog.locator(".btn--primary").click()


def test_files_are_picked_pasted_and_dropped_and_go_along(desk, dialog, tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "a.txt")
    dialog.locator("[name=text]").evaluate(PASTE)
    dialog.locator("[name=text]").evaluate(DROP)
    expect(files(dialog)).to_have_text(["a.txt", "shot.png", "c.txt"])
    expect(dialog.locator(".file__thumb")).to_be_visible()
    expect(dialog.locator(".file progress:visible")).to_have_count(0)
    dialog.locator(".file", has_text="c.txt").locator("> button").click()
    expect(files(dialog)).to_have_text(["a.txt", "shot.png"])
    send(dialog)
    until(desk, lambda: Message.objects.filter(text="See what I attach").exists())
    message = Message.objects.get(text="See what I attach")
    assert sorted(message.attachments.values_list("name", flat=True)) == ["a.txt", "shot.png"]


def test_files_are_still_there_when_the_form_comes_back(desk, dialog, tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "a.txt")
    expect(dialog.locator(".file progress:visible")).to_have_count(0)
    until(desk, lambda: Attachment.objects.exists())
    dialog.locator("[name=address]").fill("nobody")
    send(dialog)
    expect(dialog.locator("[name=address]")).to_have_attribute("aria-invalid", "true")
    expect(files(dialog)).to_have_text(["a.txt"])
    dialog.locator("[name=address]").fill("dave@home.example")
    send(dialog)
    until(desk, lambda: Message.objects.filter(text="See what I attach", attachments__name="a.txt").exists())


def test_what_the_channel_does_not_carry_is_said_and_not_sent(desk, dialog):
    dialog.locator("[data-route]").evaluate_all(
        "(all) => all.forEach((one) => { one.dataset.media = '[[\"image/\", 9]]' })"
    )
    dialog.locator("[name=text]").evaluate(DROP)
    expect(dialog.locator(".file--bad")).to_contain_text("does not carry")
    send(dialog)
    expect(dialog.locator("[role=alert]:visible")).to_contain_text("does not carry")
    assert not Message.objects.filter(text="See what I attach").exists()
