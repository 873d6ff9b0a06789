"""What an agent does and sees at the desk, in the words of the tests."""

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from conversations.models import Conversation

Value = TypeVar("Value")

# Where the Latin letters are on a Korean keyboard (두벌식).
HANGUL = dict(zip("qwertyuiopasdfghjklzxcvbnm", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", strict=True))
SIGNS = {".": "Period", "?": "Slash", "[": "BracketLeft", "]": "BracketRight"}
SHIFT = 8


def visit(page: Page, path: str) -> Page:
    """Open an address and wait until its socket is there."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    return page


def row(page: Page, conversation: Conversation) -> Locator:
    """A conversation's row in the list."""
    return page.locator(f"#row-{conversation.pk}")


def link(page: Page, conversation: Conversation) -> Locator:
    return row(page, conversation).locator("a.row")


def rows(page: Page) -> list[str]:
    """The conversations of the list in their order."""
    return page.locator("#rows > li[data-id]").evaluate_all("rows => rows.map((row) => row.dataset.id)")


def ids(*conversations: Conversation) -> list[str]:
    return [str(one.pk) for one in conversations]


def bubbles(page: Page) -> list[str]:
    """What stands in the thread."""
    return page.locator("#messages > .m .bub").all_inner_texts()


def focused(page: Page) -> str:
    """Where the focus is: the id of the element, of its row or of its pane; `body` when it is lost."""
    return page.evaluate(
        "() => { const at = document.activeElement; return at === document.body ? 'body'"
        " : at.id || at.closest('#rows > li')?.id || at.closest('[id]')?.id || at.tagName }"
    )


def until(page: Page, condition: Callable[[], Value], seconds: float = 10) -> Value:
    """The first true value of a condition; the browser's events are heard meanwhile."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds:g} s"
        page.wait_for_timeout(40)
    return value


class Keys:
    """A keyboard in Latin or in Hangul mode: `press("j")`, `press("E")` with shift."""

    def __init__(self, page: Page, *, hangul: bool = False) -> None:
        self.page, self.hangul = page, hangul
        self.devtools = page.context.new_cdp_session(page)

    def press(self, sign: str) -> None:
        if not self.hangul:
            return self.page.keyboard.press(
                "Shift+Slash" if sign == "?" else f"Shift+{sign}" if sign.isupper() else sign
            )
        shift = SHIFT if sign.isupper() or sign == "?" else 0
        code = SIGNS.get(sign) or (f"Digit{sign}" if sign.isdigit() else f"Key{sign.upper()}")
        key = HANGUL.get(sign.lower(), sign)
        event = {"key": key, "code": code, "modifiers": shift}
        self.devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **event})
        return self.devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, signs: str) -> None:
        for sign in signs:
            self.press(sign)


def elsewhere(
    browser: Browser, url: str, sign_in: Callable[..., None], agent: object, **options: object
) -> BrowserContext:
    """Another browser in which an agent is signed in; whoever asks closes it."""
    context = browser.new_context(base_url=url, **options)
    sign_in(context, agent)
    return context
